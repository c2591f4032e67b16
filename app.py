"""The page: ``python app.py``, or a Hugging Face Space with this as its app file."""

try:
    import spaces  # before torch, as it asks
except ImportError:
    spaces = None

import os

from stylize.webui import serve

if __name__ == "__main__":
    if os.environ.get("SPACE_ID"):
        serve(host="0.0.0.0", port=7860, gpu=spaces.GPU if spaces else None)
    else:
        serve()
