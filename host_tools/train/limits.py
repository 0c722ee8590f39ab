"""The sums from which a message counts, and those below which it is clearly harmless: set on messages not trained on."""

from pathlib import Path

import numpy as np

from firmware.text import MAX_CHARS, classifier
from firmware.text.fold import fold_into
from host_tools.train import texts
from host_tools.train.features import Features
from host_tools.train.model import Model
from host_tools.train.watch import install

# Share of benign messages that may lie above the limit of hurt, bully, stranger and doxx, for Chinese and for English: of
# public chat, and of the benign messages written for this project, each judged by weights learned without it. Most of
# those are traps, with the words of harmful ones.
CALM = ((0.0036, 0.0026, 0.00085, 0.00011), (0.0004, 0.0011, 0.0077, 0.00085))
TRAPS = ((0.0048, 0.011, 0.0067, 0.0014), (0.001, 0.0117, 0.0091, 0.003))
MISSED = (0, 0.13, 0.12, 0.12)  # by output, the share of harmful messages below the sum that clears one of that kind
_FOLDED = bytearray(4 * MAX_CHARS + 6)


def sums_of(text: str) -> tuple[int, ...]:
    """The sums of a message, by output, by the file that is installed."""
    raw = (text[:MAX_CHARS] + " ").encode("utf-8", "replace")
    if classifier.score(raw, 0, False) < 0:
        classifier.score(_FOLDED, fold_into(raw, _FOLDED) & 1023, True)
    return tuple(classifier.sums)


def set_limits(model: Model, features: Features, path: Path, data: Path) -> None:
    """Set the limits of the model and write it."""
    path.write_bytes(model.packed())
    install(path)
    written = features.sources >= 0
    scripts, labels = features.scripts[written], features.labels[written]
    limits = []
    for script, language in enumerate(("zh", "en")):
        calm = np.array([sums_of(text) for text in texts.benign(data, measuring=False)[script]])
        here = scripts == script
        row = []
        for output in range(classifier.OUTPUTS):
            by_chat = np.quantile(calm[:, output], 1 - CALM[script][output])
            by_traps = np.quantile(model.unseen[here & (labels == 0), output], 1 - TRAPS[script][output])
            found = model.unseen[here & (labels == max(output, 1)), output]
            limit = int(max(by_chat, by_traps)) + 1
            clears = int(np.quantile(found, MISSED[output])) if output else limit
            row.append((limit, min(clears, limit)))
            print("%s %-8s by chat %5d, by written ones %5d, clears %5d: unseen ones found %.3f" % (
                language, ("hurt", "bully", "stranger", "doxx")[output], by_chat, by_traps, clears,
                (found >= limit).mean(),
            ))  # fmt: skip
        limits.append(row)
    path.write_bytes(model.packed(limits))
    install(path)
    print("%s: %d bytes" % (path.name, path.stat().st_size), flush=True)
