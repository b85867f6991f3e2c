# Dashboard, API and workers of TacticEYE. The build argument TORCH_INDEX names the index of wheels from which PyTorch
# comes: that of its CPU builds for a small image, of a CUDA version for an NVIDIA card; pytorch.org lists them.
FROM python:3.11-slim

# What OpenCV links to on a slim system.
RUN apt-get update && apt-get install -y --no-install-recommends libgl1 libglib2.0-0 && rm -rf /var/lib/apt/lists/*

WORKDIR /app
ARG TORCH_INDEX=""
COPY requirements.txt .
RUN pip install --no-cache-dir ${TORCH_INDEX:+--index-url "$TORCH_INDEX"} "torch>=2.8,<2.14" "torchvision>=0.23,<0.29" \
    && pip install --no-cache-dir -r requirements.txt

COPY . .
RUN useradd --create-home tacticeye && mkdir /data && chown tacticeye /data
USER tacticeye
ENV TACTICEYE_DATA_DIR=/data STREAMLIT_SERVER_HEADLESS=true STREAMLIT_SERVER_ADDRESS=0.0.0.0
VOLUME /data
EXPOSE 8501
CMD ["python", "-m", "streamlit", "run", "streamlit_app.py"]
