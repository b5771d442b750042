"""What moto's tests expect of the server besides AWS: they empty the world before each case.

    control.py --listen PORT --rig URL

Answers `/moto-api/reset` by emptying the rig's world, and refuses the other controls of moto, which the rig does not have: a
case that needs one fails and is told in the ratchet. Everything else goes to the rig as it is.
"""

import argparse
import http.client
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade", "content-length", "expect"}

parser = argparse.ArgumentParser()
parser.add_argument("--listen", type=int, required=True)
parser.add_argument("--rig", required=True)
options = parser.parse_args()
rig = urllib.parse.urlsplit(options.rig)
kept = threading.local()


def ask(method, path, headers, body):
    """The rig's answer; once more over a new connection where the kept one was closed meanwhile."""
    for is_last in (False, True):
        connection = getattr(kept, "connection", None)
        if connection is None:
            connection = kept.connection = http.client.HTTPConnection(rig.hostname, rig.port, timeout=300)
        try:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            for name, value in headers:
                connection.putheader(name, value)
            connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            answer = connection.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        except (http.client.HTTPException, OSError):
            kept.connection = None
            if is_last:
                raise


class Control(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path == "/moto-api/reset":
            status, headers, content = ask("POST", "/_ironbird/reset", [("Host", rig.netloc)], b"")
        elif self.path.startswith("/moto-api/"):
            status, headers, content = 501, [], b"the rig has no such control"
        else:
            given = [(name, value) for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP]
            status, headers, content = ask(self.command, self.path, given, body)
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in HOP_BY_HOP:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = answer


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


with Server(("127.0.0.1", options.listen), Control) as server:
    print("ready", flush=True)
    server.serve_forever()
