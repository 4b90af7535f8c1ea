"""What the judges share: orders and answers, one JSON document a line, on standard input and output.

An order is {"do": ..., "table": folder or s3:// address, ...}; an answer {"answer": ...} or {"error": text}.
"""
import json
import sys


def serve(actions):
    """Answers orders until standard input ends. `actions`: by the name that an order gives."""
    print(json.dumps({"answer": "ready"}), flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        try:
            answer = {"answer": actions[order["do"]](order)}
        except Exception as error:  # every failure is the asker's to judge
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)
