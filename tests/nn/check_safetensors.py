"""check_safetensors.py OURS THEIRS: reads our file with Python's safetensors package, compares it with
the values that safetensors.test.cpp wrote, and saves them again for the way back.

Exit status 77 when the package is not there.
"""

import sys

try:
    import numpy as np
    from safetensors import safe_open
    from safetensors.numpy import load_file, save_file
except ImportError:
    sys.exit(77)

EXPECTED = {
    "a": np.array([0.1, -2.5, 1e-30], np.float32),
    "encoder.fc1.weight": np.array([[1, 2, 3], [4, 5, 6]], np.float64),
    "symbols": np.array([-1, 2147483647], np.int32),
    "scalar": np.array(0.1, np.float64),
    "empty": np.zeros((0, 4), np.float32),
    "odd": np.array([[np.inf], [-0.0], [np.nan]], np.float32),
    '"quoted" é\n': np.ones(1, np.float32),
}

ours, theirs = sys.argv[1:]
tensors = load_file(ours)
assert tensors.keys() == EXPECTED.keys(), tensors.keys()
for name, expected in EXPECTED.items():
    actual = tensors[name]
    assert actual.dtype == expected.dtype and actual.shape == expected.shape, name
    assert actual.tobytes() == expected.tobytes(), (name, actual)
with safe_open(ours, "np") as file:
    assert file.metadata() == {"made by": "tapestry"}, file.metadata()
save_file(tensors, theirs, {"made by": "python"})
