"""A production server behind a real nginx, both started as ``docs/operate`` says: unit, site and ceremony from the documents."""

from __future__ import annotations

import datetime as dt
import gzip
import http.client
import os
import re
import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.cookies import SimpleCookie
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bangfu.server.keys import make_first_keys
from tests.conftest import PROGRAMS, ROOT
from tests.server.ops.surroundings import bangfu, fresh, python
from tests.server.ops.test_serving import free_port, wait_for
from tests.server.ops.test_units import SYSTEMD, command

SITE = ROOT / "docs" / "operate" / "nginx" / "bangfu.conf"
NAME = "xn.example"
HERE = "127.0.0.2"
"""The visitor's address, other than nginx's own."""
MIB = 1024 * 1024

pytestmark = [pytest.mark.slow, pytest.mark.needs("nginx"), pytest.mark.xdist_group("nginx")]


class Answer(NamedTuple):
    """What came back: status, headers, text."""

    status: int
    headers: http.client.HTTPMessage
    text: str


class Front:
    """A server behind nginx, and a visitor with a jar of cookies."""

    def __init__(self, secure: int, plain: int, web: subprocess.Popen[bytes], env: dict[str, str], password: str) -> None:
        self.secure, self.plain, self.web, self.env, self.password = secure, plain, web, env, password
        self.cookies: SimpleCookie = SimpleCookie()

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
        """Ask for a page over HTTPS."""
        trusting = ssl.create_default_context()
        trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
        asked = http.client.HTTPSConnection("127.0.0.1", self.secure, context=trusting, timeout=60, source_address=(HERE, 0))
        jar = "; ".join(f"{name}={kept.value}" for name, kept in self.cookies.items())
        own = {"Host": f"{NAME}:{self.secure}", "Connection": "close", "Cookie": jar, "Referer": f"https://{NAME}:{self.secure}{path}"}
        with closing(asked):
            asked.request(method, path, body, own | {name.replace("_", "-"): value for name, value in headers.items()})
            answer = asked.getresponse()
            content = answer.read()
        for given in answer.headers.get_all("set-cookie", []):
            self.cookies.load(given)
        text = (gzip.decompress(content) if answer.headers["content-encoding"] == "gzip" else content).decode()
        return Answer(answer.status, answer.headers, text)

    def sign_in(self, more: dict[str, str], **headers: str) -> Answer:
        """Send the login form of the system administrator with something changed."""
        page = self.ask("GET", "/accounts/login/").text
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
        assert token is not None
        form = {"csrfmiddlewaretoken": token[1], "login": "sysadmin", "password": self.password, **more}
        return self.ask("POST", "/accounts/login/", urlencode(form).encode(), Content_Type="application/x-www-form-urlencoded", **headers)


def certificate(folder: Path) -> None:
    """Write a key and a certificate that it signed itself."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    begin = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    signed = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), begin, begin + dt.timedelta(days=36_500)).sign(key, hashes.SHA256())
    (folder / "xn.pem").write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    (folder / "xn.key").write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))


def configured(folder: Path, secure: int, plain: int, behind: int) -> Path:
    """Write nginx's configuration: the one of the documents with ports and folders of its own."""
    site = SITE.read_text(encoding="utf-8")
    for old, new in (("listen 443", f"listen 127.0.0.1:{secure}"), ("listen 80", f"listen 127.0.0.1:{plain}"), ("127.0.0.1:8000", f"127.0.0.1:{behind}"),
                     ("/etc/ssl/certs/xn.example.pem", f"{folder}/xn.pem"), ("/etc/ssl/private/xn.example.key", f"{folder}/xn.key")):  # fmt: skip
        assert site.count(old) == 1, old
        site = site.replace(old, new)
    temporary = "".join(f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    path = folder / "nginx.conf"
    user = "user root;\n" if os.geteuid() == 0 else ""
    path.write_text(f"{user}pid {folder}/pid;\nerror_log {folder}/error.log;\nevents {{}}\nhttp {{\naccess_log off;\n{temporary}{site}}}\n", encoding="utf-8")
    return path


def listens(port: int) -> bool:
    """Tell whether somebody listens on a port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def running(words: list[str], env: dict[str, str] | None = None) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program beside the test and end it afterwards."""
    process = subprocess.Popen(words, env=env, cwd=ROOT)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(60)


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    """Return a production server as the unit starts it, behind nginx as the documents configure it."""
    folder = tmp_path_factory.mktemp("front")
    make_first_keys(folder / "keys")
    certificate(folder)
    secure, plain, behind = free_port(), free_port(), free_port()
    nginx = shutil.which("nginx", path=PROGRAMS) or "nginx"
    with fresh(folder / "home", "bangfu_nginx", BANGFU_KEYS=str(folder / "keys"), BANGFU_HOSTS=NAME) as env:
        bangfu(env, "upgrade")
        made = bangfu(env, "accounts", "first", "--code", "420106", "--name", "武昌区", "--place", "wuchang").stdout
        password = next(line for line in made.splitlines() if "sysadmin" in line).split()[-1]
        web = [word.replace("127.0.0.1:8000", f"127.0.0.1:{behind}") for word in command(SYSTEMD / "bangfu-web.service")]
        conf = configured(folder, secure, plain, behind)
        tried = subprocess.run([nginx, "-t", "-e", f"{folder}/error.log", "-c", str(conf)], capture_output=True, text=True, check=False)
        assert tried.returncode == 0, tried.stderr
        with running(web, env) as behind_it, running([nginx, "-g", "daemon off;", "-e", f"{folder}/error.log", "-c", str(conf)]):
            wait_for(lambda: all(map(listens, (behind, plain, secure))))
            yield Front(secure, plain, behind_it, env, password)


def test_all_is_encrypted_and_says_so(front: Front) -> None:
    """The plain address leads to the encrypted one; headers and cookies are those of an encrypted site."""
    with closing(http.client.HTTPConnection("127.0.0.1", front.plain, timeout=60)) as asked:
        asked.request("GET", "/desk/?a=1", headers={"Host": NAME})
        moved = asked.getresponse()
        moved.read()
    assert (moved.status, moved.headers["location"]) == (301, f"https://{NAME}/desk/?a=1")
    page = front.ask("GET", "/accounts/login/")
    assert page.status == 200
    assert "nginx/" not in str(page.headers)
    for name in ("strict-transport-security", "content-security-policy", "x-content-type-options", "referrer-policy", "x-frame-options"):
        assert len(page.headers.get_all(name, [])) == 1, name
    assert front.cookies["csrftoken"]["secure"]


def test_files_of_pages_come_packed_and_stay_in_the_browser(front: Front) -> None:
    page = front.ask("GET", "/").text
    style = re.search(r'href="(/static/[^"]+\.css)"', page)
    assert style is not None
    file = front.ask("GET", style[1], Accept_Encoding="gzip")
    assert (file.status, file.headers["content-encoding"], "immutable" in file.headers["cache-control"]) == (200, "gzip", True)


def test_the_visitors_own_address_is_kept(front: Front) -> None:
    """Whatever the visitor claims: the limit on tries goes by the address that nginx saw."""
    assert front.sign_in({"password": "wrong"}, X_Forwarded_For="198.51.100.7").status == 200
    told = "import django; django.setup()\nfrom axes.models import AccessAttempt\nprint(*AccessAttempt.objects.values_list('ip_address', flat=True))"
    assert python(front.env, "-c", told).stdout.split() == [HERE]


def test_staff_can_sign_in(front: Front) -> None:
    """Cookies and the check of forms work through the proxy; the next page is the second factor's or the new password's."""
    done = front.sign_in({})
    assert (done.status, done.headers["location"].startswith("/")) == (302, True)
    assert "sessionid" in front.cookies
    assert front.cookies["sessionid"]["secure"]
    assert front.ask("GET", done.headers["location"]).status in (200, 302)


@pytest.mark.parametrize(("size", "status"), [(20 * MIB, 403), (50 * MIB, 403), (60 * MIB, 413)])
def test_uploads_pass_up_to_the_largest_that_is_taken(size: int, status: int, front: Front) -> None:
    """What passes reaches the system, which refuses this one for its own reason: no token. What does not is told so in plain words."""
    border = "border"
    body = f'--{border}\r\nContent-Disposition: form-data; name="f"; filename="f.xlsx"\r\n\r\n'.encode() + b"0" * size + f"\r\n--{border}--\r\n".encode()
    answer = front.ask("POST", "/accounts/login/", body, Content_Type=f"multipart/form-data; boundary={border}")
    assert answer.status == status
    assert ("文件太大，没有收下" in answer.text) == (status == 413)


def test_a_stopped_server_is_told_in_plain_words(front: Front) -> None:
    """Last, as it stops the web."""
    front.web.terminate()
    front.web.wait(60)
    page = front.ask("GET", "/")
    assert (page.status, page.headers["retry-after"], "系统暂时打不开" in page.text) == (503, "60", True)
