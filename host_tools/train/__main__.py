"""Train firmware/text/model.bin and its small variant: `python -m host_tools.train DATA`, 20 minutes of two cores."""

import sys
from pathlib import Path

from host_tools.train import limits, model, texts
from host_tools.train.features import Features


def main(data: Path) -> None:
    """Train both variants on the same examples, set their limits, and write them."""
    examples = list(texts.training(data))
    print("%d examples" % len(examples), flush=True)
    features = Features(examples)
    for path, slots in model.VARIANTS.items():
        limits.set_limits(model.fit(features, slots, data), features, path, data)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
