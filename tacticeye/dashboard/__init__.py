"""The Streamlit shell and the components that several pages share. Light half: no torch, no cv2."""
