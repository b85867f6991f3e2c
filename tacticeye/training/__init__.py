"""Training and measuring the networks that TacticEYE ships."""
