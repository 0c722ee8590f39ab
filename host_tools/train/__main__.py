"""Train firmware/text/model.bin and its small variant: `python -m host_tools.train DATA`, a few minutes of one core.

With `--limits` the weights of the last run stay, and only the sums from which a message counts are set anew.
"""

import pickle
import sys
from pathlib import Path

from host_tools.train import limits, model, texts

KEPT = Path(__file__).resolve().parents[2] / "build" / "train.pickle"


def main(data: Path, weigh: bool) -> None:
    """Train both variants on the same examples, set their limits, and write them."""
    if weigh:
        examples = list(texts.training(data))
        print("%d examples" % len(examples), flush=True)
        features = model.Features(examples)
        models = [model.fit(features, slots, data) for slots in model.VARIANTS.values()]
        KEPT.parent.mkdir(exist_ok=True)
        KEPT.write_bytes(pickle.dumps(models))
    else:
        models = pickle.loads(KEPT.read_bytes())
    for path, found in zip(model.VARIANTS, models, strict=True):
        limits.set_limits(found, path, data)


if __name__ == "__main__":
    main(Path(sys.argv[1]), "--limits" not in sys.argv)
