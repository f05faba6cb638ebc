"""A PostgreSQL server of a test's own, on a socket in a folder, as results/store/test_server.h has
one in C++: as user postgres or nobody when the test runs as root. It ends with the test."""

import glob
import os
import pwd
import subprocess
import time


def binaries():
    """The folder with initdb and postgres of the newest server installed, or None."""
    versions = [(int(path.split("/")[4]), path)
                for path in glob.glob("/usr/lib/postgresql/[0-9]*/bin")
                if os.path.exists(path + "/initdb") and os.path.exists(path + "/postgres")]
    return max(versions)[1] if versions and max(versions)[0] >= 13 else None


def server_user():
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    return None


class Server:
    """REQUIRES: binaries() is not None; `folder` exists, and its path is shorter than 90 bytes."""

    def __init__(self, folder):
        self.folder = folder
        self.bin = binaries()
        self.data = os.path.join(folder, "data")
        user = server_user()
        if user:
            os.chown(folder, user.pw_uid, user.pw_gid)
        with open(os.path.join(folder, "log"), "wb") as log:
            make = ["initdb", "-D", self.data, "-U", "roofscape", "-A", "trust", "-E", "UTF8",
                    "--locale=C", "--no-sync", "--no-instructions"]
            subprocess.run(self.as_user(make), check=True, stdout=log, stderr=log)
            # fsync=off: a test's data need not survive a power failure.
            serve = ["postgres", "-D", self.data, "-k", folder, "-h", "", "-c", "fsync=off", "-c",
                     "shared_buffers=16MB", "-c", "autovacuum=off"]
            self.process = subprocess.Popen(self.as_user(serve), stdout=log, stderr=log)
        deadline = time.monotonic() + 60
        while subprocess.run([os.path.join(self.bin, "pg_isready"), "-q", "-h", folder],
                             check=False).returncode != 0:
            assert time.monotonic() < deadline, "the PostgreSQL server did not come up in a minute"
            time.sleep(0.05)

    def as_user(self, command):
        command = [os.path.join(self.bin, command[0]), *command[1:]]
        user = server_user()
        who = [f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"] if user else []
        return ["setpriv", "--pdeathsig", "QUIT", *who, *command]

    def new_database(self, name):
        """Its URL."""
        createdb = os.path.join(self.bin, "createdb")
        subprocess.run([createdb, "-h", self.folder, "-U", "roofscape", name], check=True)
        return f"postgresql://roofscape@/{name}?host={self.folder}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=60)
