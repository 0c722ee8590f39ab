"""Training of firmware/text/model.bin: `make train`. Needs the extra `train` (numpy, scipy) and the message data."""
