# SPDX-License-Identifier: GPL-2.0-or-later
"""IMAP and POP3 clients that know exactly what they did.

They speak over a bare socket so that every byte of the server's is counted, and they tell the
outcome of each login as the server said it. `received` counts the bytes from the reply to a
successful login on: the mail process itself sends that reply. Under TLS the decrypted bytes count.
"""
import base64
import re
import socket
import ssl
import time
import zlib

SUCCESS, FAILURE, TEMPORARY, UNANSWERED = "success", "failure", "temporary", "unanswered"

_tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
_tls.check_hostname = False
_tls.verify_mode = ssl.CERT_NONE  # the lab's certificate is its own


def encode(*parts):
    return base64.b64encode("\0".join(parts).encode()).decode()


class Deflated:
    """A socket that speaks raw deflate. `received` counts what arrived, before it grows."""

    def __init__(self, sock):
        self._socket = sock
        self._inflate = zlib.decompressobj(-15)
        self._deflate = zlib.compressobj(wbits=-15)
        self.received = 0

    def recv(self, count):
        while chunk := self._socket.recv(count):
            self.received += len(chunk)
            if grown := self._inflate.decompress(chunk):
                return grown
        return b""

    def sendall(self, content):
        self._socket.sendall(self._deflate.compress(content) +
                             self._deflate.flush(zlib.Z_SYNC_FLUSH))

    def close(self):
        self._socket.close()


class Client:
    """One connection. transport: cleartext, tls (a TLS port) or starttls."""
    service = None

    def __init__(self, lab, source, transport="cleartext"):
        self.source = source
        self.transport = "cleartext" if transport == "cleartext" else "tls"
        self.account = None  # once logged in
        self.messages = 0
        self._consumed = self._asked_at = self._login_at = 0
        self._buffer = b""
        name = self.service + ("s" if transport == "tls" else "")
        self._socket = socket.create_connection(("127.0.0.1", lab.ports[name]), 60,
                                                source_address=(source, 0))
        if transport == "tls":
            self._socket = _tls.wrap_socket(self._socket)
        self._greeting()
        if transport == "starttls":
            self._starttls()
            self._socket = _tls.wrap_socket(self._socket)

    def __enter__(self):
        return self

    def __exit__(self, *_exception):
        self.close()

    @property
    def received(self):
        if not self.account:
            return 0
        if isinstance(self._socket, Deflated):
            return self._plain - self._login_at + self._socket.received
        return self._consumed - self._login_at

    def close(self):
        self._socket.close()

    def send(self, text):
        self._asked_at = self._consumed
        self._socket.sendall(text.encode() + b"\r\n")

    def line(self):
        while b"\n" not in self._buffer:
            chunk = self._socket.recv(65536)
            if not chunk:
                raise ConnectionError(f"server closed after {self._buffer!r}")
            self._buffer += chunk
        line, _, self._buffer = self._buffer.partition(b"\n")
        self._consumed += len(line) + 1
        return line.rstrip(b"\r").decode(errors="replace")

    def octets(self, count):
        while len(self._buffer) < count:
            chunk = self._socket.recv(65536)
            if not chunk:
                raise ConnectionError("server closed inside a message")
            self._buffer += chunk
        taken, self._buffer = self._buffer[:count], self._buffer[count:]
        self._consumed += count
        return taken

    def _until_closed(self):
        try:
            while chunk := self._socket.recv(65536):
                self._consumed += len(chunk)
        except (ssl.SSLEOFError, ConnectionResetError):
            pass
        self._consumed += len(self._buffer)
        self._buffer = b""

    def login(self, account, password, method="login"):
        """method: login (LOGIN, USER/PASS), plain, plain-ir (with the first request), sasl-login,
        malformed (a response that is no PLAIN message), abort (the client gives up in between)."""
        outcome = self._login(account, password, method)
        if outcome == SUCCESS:
            self.account, self._login_at = account, self._asked_at
        return outcome


class Imap(Client):
    service = "imap"

    def _greeting(self):
        self._number = 0
        self.line()

    def _starttls(self):
        self.command("STARTTLS")

    def command(self, text):
        """Returns the tagged reply, without its tag."""
        self._number += 1
        tag = f"a{self._number}"
        self.send(f"{tag} {text}")
        return self._reply(tag)

    def _reply(self, tag):
        while True:
            line = self.line()
            literal = re.search(r"\{(\d+)\}$", line)
            if literal:
                self.octets(int(literal.group(1)))
            elif line.startswith(tag + " "):
                return line[len(tag) + 1:]

    def _login(self, account, password, method):
        if method == "login":
            return self._outcome(self.command(f'LOGIN "{account}" "{password}"'))
        if method == "plain-ir":
            response = encode("", account, password)
            return self._outcome(self.command(f"AUTHENTICATE PLAIN {response}"))
        self._number += 1
        tag = f"a{self._number}"
        self.send(f"{tag} AUTHENTICATE {'LOGIN' if method == 'sasl-login' else 'PLAIN'}")
        for answer in sasl_answers(account, password, method):
            self.line()
            self.send(answer)
        reply = self._reply(tag)
        return UNANSWERED if method == "abort" else self._outcome(reply)

    @staticmethod
    def _outcome(reply):
        if reply.startswith("OK"):
            return SUCCESS
        return TEMPORARY if "[UNAVAILABLE]" in reply else FAILURE

    def select(self, mailbox="INBOX"):
        self._expect(self.command(f"SELECT {mailbox}"))

    def fetch(self, which, what="BODY.PEEK[]", messages=0):
        """messages: how many this opens, for the truth."""
        self._expect(self.command(f"FETCH {which} ({what})"))
        self.messages += messages

    def search(self, condition):
        self._expect(self.command(f"SEARCH {condition}"))

    def append(self, message, mailbox="INBOX"):
        """message: bytes with CRLF line ends."""
        self._number += 1
        tag = f"a{self._number}"
        self.send(f"{tag} APPEND {mailbox} {{{len(message)}}}")
        self.line()
        self._socket.sendall(message + b"\r\n")
        self._expect(self._reply(tag))

    def compress(self):
        """From here on deflated (RFC 4978), both ways; what arrives on the socket counts."""
        self._expect(self.command("COMPRESS DEFLATE"))
        self._socket = Deflated(self._socket)
        self._plain = self._consumed

    def idle(self, seconds):
        """Waits in IDLE for news."""
        self._number += 1
        self.send(f"a{self._number} IDLE")
        self.line()
        time.sleep(seconds)
        self.send("DONE")
        self._expect(self._reply(f"a{self._number}"))

    @staticmethod
    def _expect(reply):
        if not reply.startswith("OK"):
            raise RuntimeError(reply)

    def logout(self):
        self.command("LOGOUT")
        self._until_closed()
        self.close()


class Pop3(Client):
    service = "pop3"

    def _greeting(self):
        self.line()

    def _starttls(self):
        self.command("STLS")

    def command(self, text):
        self.send(text)
        return self.line()

    def _login(self, account, password, method):
        if method == "login":
            reply = self.command(f"USER {account}")
            if reply.startswith("+OK"):
                reply = self.command(f"PASS {password}")
            return self._outcome(reply)
        if method == "plain-ir":
            return self._outcome(self.command("AUTH PLAIN " + encode("", account, password)))
        reply = self.command(f"AUTH {'LOGIN' if method == 'sasl-login' else 'PLAIN'}")
        for answer in sasl_answers(account, password, method):
            reply = self.command(answer)
        return UNANSWERED if method == "abort" else self._outcome(reply)

    @staticmethod
    def _outcome(reply):
        if reply.startswith("+OK"):
            return SUCCESS
        return TEMPORARY if "[SYS/TEMP]" in reply else FAILURE

    def retrieve(self, number):
        reply = self.command(f"RETR {number}")
        if not reply.startswith("+OK"):
            raise RuntimeError(reply)
        while self.line() != ".":
            pass
        self.messages += 1

    def logout(self):
        self.command("QUIT")
        self._until_closed()
        self.close()


def sasl_answers(account, password, method):
    if method == "abort":
        return ["*"]
    if method == "malformed":
        return [base64.b64encode(b"no PLAIN message").decode()]
    if method == "sasl-login":
        return [encode(account), encode(password)]
    return [encode("", account, password)]


CLIENTS = {"imap": Imap, "pop3": Pop3}
