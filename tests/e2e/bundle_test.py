#!/usr/bin/env python3
"""`roofscape bundle` and what reads it: a campaign of golden servers into a file, signed, into
another store and out of it again; changed and cut files are refused. And `publish` with recipes.

    bundle_test.py ROOFSCAPE
"""

import hashlib
import io
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import unittest

from sweep_kit import GOLDEN, Sweeps, plan

TWIN = "{roofscape} twin --script golden.toml --port {port}"


class Bundle(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.temporary.cleanup)
        cls.folder = pathlib.Path(cls.temporary.name)
        cls.sweeps = Sweeps(ROOFSCAPE, cls.temporary.name)
        cls.addClassCleanup(cls.sweeps.stop)
        cls.sweeps.write("golden.toml", GOLDEN)
        text = plan("evidence", {"a": TWIN}, [1, 2], 1).replace(
            "start_timeout_s = 20", 'start_timeout_s = 20\nfiles = ["golden.toml"]')
        cls.sweeps.run(cls.sweeps.write("plan.toml", text))
        # Two, and on a busy machine those that were repeated as their instrument was not fit.
        cls.runs = len(cls.sweeps.rows("SELECT id FROM run"))
        cls.bundle = str(cls.folder / "a.tar.zst")
        cls.roofscape("bundle", "evidence", "-o", cls.bundle)

    @classmethod
    def roofscape(cls, *words, status=0, db=None):
        done = subprocess.run([ROOFSCAPE, *words], capture_output=True, text=True, timeout=60,
                              env=dict(os.environ, ROOFSCAPE_DB=str(db or cls.sweeps.db)))
        assert done.returncode == status, (words, done.returncode, done.stdout, done.stderr)
        return done

    def opened(self, bundle=None):
        plain = subprocess.run(["zstd", "-dc", bundle or self.bundle], check=True,
                               capture_output=True, timeout=30).stdout
        return tarfile.open(fileobj=io.BytesIO(plain))

    def test_holds_everything_under_its_digest_and_is_the_same_again(self):
        if not shutil.which("zstd"):
            self.skipTest("zstd is not installed")
        with self.opened() as tar:
            names = tar.getnames()
            manifest = tar.extractfile("manifest.json").read()
            for file in json.loads(manifest)["files"]:
                content = tar.extractfile(file["path"]).read()
                self.assertEqual(hashlib.sha256(content).hexdigest(), file["sha256"])
                self.assertEqual(len(content), file["bytes"])
            self.assertEqual({member.mtime for member in tar.getmembers()}, {0})
        for ending in ("plan.toml", "events.jsonl", "run.json", "requests-0.rsrl", "recipe.sh",
                       "server.log", "worker.log", "journal.jsonl"):
            self.assertTrue(any(name.endswith(ending) for name in names), (ending, names))
        canonical = json.dumps(json.loads(manifest), sort_keys=True, separators=(",", ":"),
                               ensure_ascii=False) + "\n"
        self.assertEqual(manifest.decode(), canonical)
        again = str(self.folder / "again.tar.zst")
        self.roofscape("bundle", "evidence", "-o", again)
        self.assertEqual(pathlib.Path(again).read_bytes(), pathlib.Path(self.bundle).read_bytes())
        self.assertIn("whole", self.roofscape("bundle", "--check", self.bundle).stdout)

    def test_its_manifest_can_be_signed(self):
        if not shutil.which("ssh-keygen"):
            self.skipTest("ssh-keygen is not installed")
        manifest = self.folder / "manifest.json"
        manifest.write_text(self.roofscape("bundle", "--manifest", self.bundle).stdout)
        key = self.folder / "key"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True,
                       timeout=30)
        subprocess.run(["ssh-keygen", "-q", "-Y", "sign", "-f", key, "-n", "roofscape", manifest],
                       check=True, timeout=30, capture_output=True)
        allowed = self.folder / "allowed"
        allowed.write_text("me " + (self.folder / "key.pub").read_text())
        verify = ["ssh-keygen", "-q", "-Y", "verify", "-f", allowed, "-I", "me", "-n", "roofscape",
                  "-s", str(manifest) + ".sig"]
        text = manifest.read_bytes()
        subprocess.run(verify, check=True, timeout=30, input=text, capture_output=True)
        changed = subprocess.run(verify, timeout=30, input=text.replace(b"evidence", b"Evidence"),
                                 capture_output=True, check=False)
        self.assertNotEqual(changed.returncode, 0)

    def test_reads_back_into_another_store_once(self):
        other = self.folder / "other.db"
        told, = json.loads(self.roofscape("import", "bundle", self.bundle, "--json",
                                          db=other).stdout)
        self.assertEqual((told["runs_added"], told["runs_known"]), (self.runs, 0))
        again, = json.loads(self.roofscape("import", "bundle", self.bundle, "--json",
                                           db=other).stdout)
        self.assertEqual((again["runs_added"], again["runs_known"]), (0, self.runs))
        self.assertTrue(again["imported_before"])
        listed, = json.loads(self.roofscape("imports", "--bundles", "--json", db=other).stdout)
        self.assertEqual((listed["source"], len(listed["runs"])), ("a.tar.zst", self.runs))
        show = [self.roofscape("show", "last", "--json", db=db).stdout
                for db in (self.sweeps.db, other)]
        self.assertEqual(show[0], show[1])
        requests = [self.roofscape("show", "last", "--requests", db=db).stdout
                    for db in (self.sweeps.db, other)]
        self.assertEqual(requests[0], requests[1])
        self.roofscape("db", "check", "--db", str(other))
        # The campaign is there: its recipes, and a bundle of it is the same but for the jobs' logs,
        # which lie where they lay.
        self.assertIn("# recipe ", self.roofscape("recipe", "last", db=other).stdout)
        copy = str(self.folder / "copy.tar.zst")
        self.roofscape("bundle", "evidence", "-o", copy, db=other)
        self.assertEqual(pathlib.Path(copy).read_bytes(), pathlib.Path(self.bundle).read_bytes())

    def test_changed_and_cut_files_are_refused_and_leave_nothing(self):
        data = pathlib.Path(self.bundle).read_bytes()
        bad = self.folder / "bad.tar.zst"
        other = self.folder / "untouched.db"
        changed = data[:2000] + bytes([data[2000] ^ 0xff]) + data[2001:]
        for content in (data[:len(data) // 2], data + b"x", changed, b"", b"no bundle at all"):
            bad.write_bytes(content)
            told = self.roofscape("import", "bundle", str(bad), status=1, db=other)
            self.assertIn(str(bad), told.stderr)
            self.roofscape("bundle", "--check", str(bad), status=1)
        self.assertFalse(other.exists())
        told = self.roofscape("bundle", "--check", self.bundle, "--most-bytes", "1000", status=1)
        self.assertIn("--most-bytes", told.stderr)
        self.assertIn("name a campaign", self.roofscape("bundle", status=2).stderr)

    def test_a_published_site_has_the_recipes_under_its_hashes(self):
        site = self.folder / "site"
        self.roofscape("publish", str(site), "--without-studies")
        manifest = json.loads((site / "data" / "manifest.json").read_text())
        digests = {file["path"]: file["sha256"] for file in manifest["files"]}
        runs = json.loads((site / "data" / "runs.json").read_text())["runs"]
        self.assertEqual(len(runs), self.runs)
        for run in runs:
            path = f"data/runs/{run['id']}/recipe.sh"
            script = (site / path).read_bytes()
            self.assertEqual(hashlib.sha256(script).hexdigest(), digests[path])
            body = json.loads((site / path).with_suffix(".json").read_text())
            self.assertEqual(body["script"].encode(), script)
            self.assertEqual(body["sha256"], digests[path])
            asked = self.roofscape("recipe", run["id"]).stdout
            self.assertEqual(asked.encode(), script)
            self.assertIn(f"# recipe {body['recipe']}", asked)


if __name__ == "__main__":
    ROOFSCAPE = os.path.abspath(sys.argv[1])
    del sys.argv[1]
    unittest.main()
