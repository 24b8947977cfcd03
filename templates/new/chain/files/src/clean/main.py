"""Read a sensor's measurements and drop the lines that are none.

Input: a .csv file with a line `time,celsius` for each measurement. Output: a .json file.
"""

import argparse
import csv
import json
from pathlib import Path

from aisprint.annotations import component_name, exec_time


def measurement(line):
    """One measurement, or None where the line is none (a heading, a gap, a fault of the sensor)."""
    try:
        return {"time": line[0], "celsius": float(line[1])}
    except (IndexError, ValueError):
        return None


@component_name(name="clean")
@exec_time(local_time_thr=5)
def main(args):
    with Path(args["input"]).open(newline="", encoding="utf-8") as stream:
        lines = [measurement(line) for line in csv.reader(stream)]
    kept = [line for line in lines if line is not None]
    print(f"{len(kept)} of {len(lines)} lines kept")
    Path(args["output"] + ".json").write_text(json.dumps(kept) + "\n", encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-i", "--input", required=True, help="the .csv file of a sensor")
    parser.add_argument("-o", "--output", required=True, help="the file to write, without its suffix")
    args = vars(parser.parse_args())
    main(args)
