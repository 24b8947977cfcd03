"""Say which species of iris each flower is.

Input: a .csv file with a line for each flower: length and width of its sepals, length and width of its
petals, in centimetres. Output: a .json file with the species and how likely it is.
"""

import argparse
import csv
import json
from pathlib import Path

import numpy as np

from aisprint.annotations import component_name, exec_time, partitionable_model
from aisprint.onnx_inference import load_and_inference

SPECIES = ("setosa", "versicolor", "virginica")


def read_flowers(path):
    """The four measures of each flower, N x 4; a heading is skipped."""
    with Path(path).open(newline="", encoding="utf-8") as stream:
        lines = [line for line in csv.reader(stream) if line and line[0][:1].isdigit()]
    return np.array(lines, dtype=np.float32).reshape(-1, 4)


@component_name(name="classify")
@exec_time(local_time_thr=10)
@partitionable_model(onnx_file="flowers.onnx", num_partitions=2)
def main(args):
    measures = read_flowers(args["input"])
    input_dict = {"measures": measures}

    # With a split model, what stands above runs on the first layer and what follows on the second. What
    # is still needed there, such as `measures`, travels along with the model's tensor.
    outputs, _ = load_and_inference(args["onnx_file"], input_dict)

    flowers = [
        {
            "measures_cm": [round(measure, 2) for measure in flower.tolist()],
            "species": SPECIES[shares.argmax()],
            "probability": round(float(shares.max()), 3),
        }
        for flower, shares in zip(measures, outputs["probabilities"], strict=True)
    ]
    print(f"{len(flowers)} flowers")
    Path(args["output"] + ".json").write_text(json.dumps(flowers, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-i", "--input", required=True, help="the .csv file of flowers")
    parser.add_argument("-o", "--output", required=True, help="the file to write, without its suffix")
    parser.add_argument("-y", "--onnx_file", default="onnx/flowers.onnx", help="the model")
    args = vars(parser.parse_args())
    main(args)
