"""Training of firmware/text/model.bin: `make train`. Needs the extra `train` (scikit-learn) and the message data."""
