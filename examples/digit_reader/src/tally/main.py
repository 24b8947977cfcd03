"""Read the digits of a page out: in reading order, how many, their sum, and how sure each is.

Input: what `classify` wrote. Output: a .json file.
"""

import argparse
import json
from pathlib import Path

from aisprint.annotations import annotation

SURE = 0.7


@annotation(
    {
        "component_name": {"name": "tally"},
        "exec_time": {
            "local_time_thr": 8,
            "global_time_thr": 30,
            "prev_components": ["locate", "classify"],
        },
    }
)
def main(args):
    classified = json.loads(Path(args["input"]).read_text())
    digits, confidences = [], []
    for digit in classified["digits"]:
        confidence = max(digit["probabilities"])
        digits.append(digit["probabilities"].index(confidence))
        confidences.append(round(confidence, 4))
    result = {
        "digits": digits,
        "count": len(digits),
        "sum": sum(digits),
        "confidences": confidences,
        "doubtful": [place for place, confidence in enumerate(confidences) if confidence < SURE],
    }
    print(f"{''.join(map(str, digits))}, sum {result['sum']}")
    Path(args["output"] + ".json").write_text(json.dumps(result) + "\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-i", "--input", required=True, help="the .json file of `classify`")
    parser.add_argument("-o", "--output", required=True, help="the file to write, without its suffix")
    args = vars(parser.parse_args())
    main(args)
