"""A foreign reader of our JSON Schemas: Python's jsonschema, draft 2020-12.

One request a line on standard input: {"schema": FILE, "text": JSON TEXT}. One answer a line: {"errors": [PLACE: WORDS]}.
A schema is itself held against its meta-schema when it is first used.
"""

import json
import sys

from jsonschema import Draft202012Validator, FormatChecker

validators = {}


def validator(path):
    if path not in validators:
        with open(path, encoding="utf-8") as file:
            schema = json.load(file)
        Draft202012Validator.check_schema(schema)
        validators[path] = Draft202012Validator(schema, format_checker=FormatChecker(["date"]))
    return validators[path]


for line in sys.stdin:
    request = json.loads(line)
    instance = json.loads(request["text"])
    errors = validator(request["schema"]).iter_errors(instance)
    found = [f"{error.json_path}: {error.message[:200]}" for error in errors]
    print(json.dumps({"errors": found}), flush=True)
