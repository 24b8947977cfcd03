"""Find measurements that lie far from the others.

Input: what `clean` wrote. Output: a .json file with the unusual measurements. Where there are none, there
is no output, and the chain ends here.
"""

import argparse
import json
from pathlib import Path
from statistics import median

from aisprint.annotations import component_name, exec_time

FAR = 5.0
"""How many typical distances from the median are unusual."""

RESOLUTION = 0.1
"""The sensor's resolution in degrees: no typical distance is smaller."""


@component_name(name="detect")
@exec_time(local_time_thr=5)
def main(args):
    measurements = json.loads(Path(args["input"]).read_text(encoding="utf-8"))
    values = [measurement["celsius"] for measurement in measurements]
    usual = median(values) if values else 0.0
    typical = max(median(abs(value - usual) for value in values), RESOLUTION) if values else RESOLUTION
    unusual = [
        measurement for measurement in measurements if abs(measurement["celsius"] - usual) > FAR * typical
    ]
    print(f"{len(unusual)} unusual measurements")
    if not unusual:
        return
    found = {"usual_celsius": usual, "unusual": unusual}
    Path(args["output"] + ".json").write_text(json.dumps(found) + "\n", encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-i", "--input", required=True, help="the .json file of `clean`")
    parser.add_argument("-o", "--output", required=True, help="the file to write, without its suffix")
    args = vars(parser.parse_args())
    main(args)
