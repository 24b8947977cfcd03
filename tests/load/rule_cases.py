"""Ways to provoke each kind of finding about placement rules."""

from __future__ import annotations

RULES = "common_config/placement_rules.yaml"

SOUND = """\
rules:
  - {pin: [capture], to: {layers: [1]}, reason: faces stay on site}
  - {private: [detect], within: {regions: [street]}, all_pieces: false, name: raw pictures}
  - {keep_off: [detect], from: {resources: [VM2]}}
  - {together: [detect, archive], scope: region}
  - {apart: [capture, detect], scope: layer}
  - {quota: 3, over: {resources: [VM1, VM2], regions: [cloud]}, name: account}
regions: {street: [1, 2], cloud: [3, 4]}
percentiles: {capture: {local: 95}, detect: {local: 99, global: 90}}
resources:
  VM1: {reserved: {number: 1, cost: 0.1}, spot: {cost: 0.05}, availability: 0.95, discipline: multi_server}
  KioskServer: {idle_power: 80, busy_power: 200, green_share: 0.4}
networks: {ND3: {shared: true}}
"""

WRONG: list[tuple[str, str, str | None]] = [
    ("rules.one-thing", "rules: [{pin: [capture], apart: [capture, detect]}]", "{pin"),
    ("rules.one-thing", "rules: [{name: nothing}]", "{name"),
    ("rules.places", "rules: [{pin: [capture]}]", "pin"),
    ("rules.places", "rules: [{pin: [capture], to: {}}]", "{}"),
    ("rules.foreign-key", "rules: [{pin: [capture], to: {layers: [1]}, scope: layer}]", "scope"),
    ("rules.unknown-name", "rules: [{pin: [captur], to: {layers: [1]}}]", "captur"),
    ("rules.unknown-name", "rules: [{pin: [capture], to: {layers: [9]}}]", "9"),
    ("rules.unknown-name", "rules: [{quota: 1, over: {resources: [VM3]}}]", "VM3"),
    ("rules.unknown-name", "rules: [{quota: 1, over: {regions: [eu]}}]", "eu"),
    ("rules.unknown-name", "regions: {eu: [9]}", "9"),
    ("rules.unknown-name", "percentiles: {detekt: {local: 95}}", "detekt"),
    ("rules.unknown-name", "resources: {VM9: {availability: 0.9}}", "VM9"),
    ("rules.unknown-name", "networks: {ND9: {shared: true}}", "ND9"),
    ("rules.two-regions", "regions: {a: [1, 2], b: [2]}", "2"),
    ("rules.nowhere", "rules: [{keep_off: [capture], from: {layers: [1]}}]", "capture"),
    ("rules.no-limit", "percentiles: {archive: {local: 95}}", "95"),
    ("rules.functions", "resources: {AWS-FaaS: {reserved: {number: 1, cost: 2}}}", "reserved"),
    ("rules.power", "resources: {VM1: {idle_power: 9, busy_power: 3}}", "3"),
]
