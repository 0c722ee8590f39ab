"""Runs on either runtime: reads {"texts": [...]} or {"codes": [...]} a line, prints {"readings": [...]}.

`codes` is one text by its code points, for what JSON cannot carry. A reading is the string "BadText", or
[classes, severity, [[kind, start, end], ...], guessed].
"""

import json
import sys

from firmware.text.reading import BadText, read


def reading(text):
    try:
        result = read(text)
    except BadText:
        return "BadText"
    return [result.classes, result.severity, [list(span) for span in result.personal], result.guessed]


def answer(request):
    texts = request.get("texts") or ["".join([chr(code) for code in request["codes"]])]
    return {"readings": [reading(text) for text in texts]}


def main():
    while True:
        size = sys.stdin.buffer.readline()
        if not size:
            break
        print(json.dumps(answer(json.loads(sys.stdin.buffer.read(int(size))))))


if __name__ == "__main__":
    main()
