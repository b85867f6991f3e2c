# Dashboard, API and workers of TacticEYE. The build argument TORCH_INDEX names the index of wheels from which PyTorch
# comes: by default that of its CPU builds; for an NVIDIA card that of a CUDA version, as pytorch.org lists them.
FROM python:3.11-slim

# What OpenCV links to on a slim system. tini waits for workers whose parent has ended and passes signals on.
RUN apt-get update && apt-get install -y --no-install-recommends libgl1 libglib2.0-0 tini && rm -rf /var/lib/apt/lists/*

WORKDIR /app
ARG TORCH_INDEX="https://download.pytorch.org/whl/cpu"
COPY requirements.txt .
RUN pip install --no-cache-dir --index-url "$TORCH_INDEX" "torch>=2.8,<2.14" "torchvision>=0.23,<0.29" \
    && pip install --no-cache-dir -r requirements.txt

COPY . .
RUN useradd --create-home tacticeye && mkdir /data && chown tacticeye /data
USER tacticeye
ENV TACTICEYE_DATA_DIR=/data STREAMLIT_SERVER_HEADLESS=true STREAMLIT_SERVER_ADDRESS=0.0.0.0 PYTHONUNBUFFERED=1
VOLUME /data
EXPOSE 8501
ENTRYPOINT ["tini", "--"]
CMD ["python", "-m", "tacticeye", "serve"]
