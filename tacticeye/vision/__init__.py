"""Pixels to people: detector, tracker, teams, camera, ball path, overlay. Heavy half: may import torch and cv2."""
