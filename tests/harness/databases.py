# SPDX-License-Identifier: GPL-2.0-or-later
"""Private MariaDB, PostgreSQL and OpenLDAP servers with a lab's accounts in them, a relay that counts
what they answer, and a Dovecot that asks them.
"""
import glob
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import threading
import time

from harness import tidy
from harness.lab import Lab, free_ports, password_hash

PGSQL = os.path.dirname((glob.glob("/usr/lib/postgresql/*/bin/postgres") or ["/none/"])[-1])
SECRET = "database-password"
PATIENCE = 60


def run(*command, **more):
    done = subprocess.run(command, capture_output=True, text=True, **more)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {done.stdout[-1000:]}{done.stderr[-1000:]}")
    return done.stdout


class Server:
    """A server program in a folder of its own, gone after stop()."""
    user = "root"

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="wd", dir="/tmp")
        tidy.on_exit(self.stop)
        os.chmod(self.folder, 0o755)
        self.data = f"{self.folder}/data"
        os.mkdir(self.data, 0o700)
        shutil.chown(self.data, self.user)
        shutil.chown(self.folder, self.user)
        self.process = None

    def spawn(self, *command):
        identity = pwd.getpwnam(self.user)

        def become():
            tidy.die_with_parent()
            os.setgid(identity.pw_gid)
            os.setuid(identity.pw_uid)
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=open(f"{self.folder}/out", "w"),
            stderr=subprocess.STDOUT, cwd=self.folder, preexec_fn=become)

    def wait_for(self, is_ready):
        deadline = time.monotonic() + PATIENCE
        while not is_ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                with open(f"{self.folder}/out") as out:
                    raise RuntimeError(f"{type(self).__name__} does not start: {out.read()[-1000:]}")
            time.sleep(0.1)

    def stop(self):
        tidy.forget(self.stop)
        if self.process:
            tidy.stop_tree(self.process)
            self.process = None
        shutil.rmtree(self.folder, ignore_errors=True)


def answers(address):
    family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
    with socket.socket(family) as client:
        try:
            client.connect(address)
        except OSError:
            return False
    return True


class MariaDb(Server):
    user = "mysql"
    client = "/usr/bin/mariadb"

    def __init__(self):
        super().__init__()
        self.address = f"{self.folder}/sql.sock"
        run("mariadb-install-db", "--no-defaults", f"--datadir={self.data}", "--user=mysql",
            "--auth-root-authentication-method=normal", "--skip-test-db")
        self.spawn("/usr/sbin/mariadbd", "--no-defaults", f"--datadir={self.data}",
                   f"--socket={self.address}", "--skip-networking",
                   f"--pid-file={self.folder}/pid", "--innodb-buffer-pool-size=16M")
        self.wait_for(lambda: answers(self.address))

    def fill(self, rows):
        values = ",".join(f"('{name}','{password}')" for name, password in rows)
        self.say("CREATE DATABASE mail; CREATE TABLE mail.users (name VARCHAR(128) PRIMARY KEY,"
                 f" password VARCHAR(128)); INSERT INTO mail.users VALUES {values};"
                 f" CREATE USER dovecot@localhost IDENTIFIED BY '{SECRET}';"
                 " GRANT SELECT ON mail.* TO dovecot@localhost")

    def say(self, text):
        run(self.client, "--no-defaults", f"--socket={self.address}", "-uroot", input=text)

    @staticmethod
    def passdb(address):
        return (f"driver = mysql\nconnect = host={address} dbname=mail user=dovecot password={SECRET}\n"
                "password_query = SELECT password FROM users WHERE name = '%u'\n")

    def dump_command(self, client, address):
        return [client, "--no-defaults", f"--socket={address}", "-udovecot", f"-p{SECRET}", "mail",
                "-e", "SELECT * FROM users"]


class PostgreSql(Server):
    user = "postgres"
    client = f"{PGSQL}/psql"

    def __init__(self):
        super().__init__()
        self.address = f"{self.folder}/.s.PGSQL.5432"
        run("runuser", "-u", "postgres", "--", f"{PGSQL}/initdb", "-A", "trust", "-N", "-D", self.data,
            cwd=self.folder)
        self.spawn(f"{PGSQL}/postgres", "-D", self.data, "-k", self.folder, "-h", "", "-p", "5432",
                   "-F")
        self.wait_for(lambda: answers(self.address))

    def fill(self, rows):
        values = ",".join(f"('{name}','{password}')" for name, password in rows)
        self.say("CREATE TABLE users (name TEXT PRIMARY KEY, password TEXT);"
                 f" INSERT INTO users VALUES {values};"
                 " CREATE ROLE dovecot LOGIN; GRANT SELECT ON users TO dovecot")

    def say(self, text):
        deadline = time.monotonic() + PATIENCE
        while subprocess.run([f"{PGSQL}/pg_isready", "-q", "-h", self.folder]).returncode:
            if time.monotonic() > deadline:
                raise RuntimeError("PostgreSQL is not ready")
            time.sleep(0.1)
        run(self.client, "-q", "-h", self.folder, "-U", "postgres", "-d", "postgres", input=text)

    @staticmethod
    def passdb(address):
        return (f"driver = pgsql\nconnect = host={os.path.dirname(address)} dbname=postgres"
                f" user=dovecot password={SECRET}\n"
                "password_query = SELECT password FROM users WHERE name = '%u'\n")

    def dump_command(self, client, address):
        return [client, "-h", os.path.dirname(address), "-U", "dovecot", "-d", "postgres", "-c",
                "SELECT * FROM users"]


LDAP_CONF = """\
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile {folder}/pid
database mdb
suffix dc=mail
rootdn cn=admin,dc=mail
rootpw {secret}
directory {data}
maxsize 67108864
sizelimit unlimited
index uid eq
"""
LDAP_TOP = "dn: dc=mail\nobjectClass: domain\ndc: mail\n\n"
LDAP_ENTRY = ("dn: uid={name},dc=mail\nobjectClass: inetOrgPerson\nuid: {name}\ncn: x\nsn: x\n"
              "userPassword: {password}\n\n")


class OpenLdap(Server):
    client = "/usr/bin/ldapsearch"

    def __init__(self):
        super().__init__()
        self.address = ("127.0.0.1", free_ports(("ldap",))["ldap"])
        with open(f"{self.folder}/slapd.conf", "w") as conf:
            conf.write(LDAP_CONF.format(folder=self.folder, data=self.data, secret=SECRET))

    def fill(self, rows):
        """The directory is filled before it is served."""
        run("slapadd", "-q", "-f", f"{self.folder}/slapd.conf", input=LDAP_TOP + "".join(
            LDAP_ENTRY.format(name=name, password=password) for name, password in rows))
        self.spawn("/usr/sbin/slapd", "-d", "0", "-f", f"{self.folder}/slapd.conf", "-h",
                   "ldap://%s:%d" % self.address)
        self.wait_for(lambda: answers(self.address))

    @staticmethod
    def passdb(address):
        return ("uris = ldap://%s:%d\n" % address + f"dn = cn=admin,dc=mail\ndnpass = {SECRET}\n"
                "base = dc=mail\nscope = onelevel\npass_filter = (uid=%u)\n"
                "pass_attrs = uid=user,userPassword=password\n")

    def dump_command(self, client, address):
        return [client, "-x", "-H", "ldap://%s:%d" % address, "-D", "cn=admin,dc=mail", "-w", SECRET,
                "-b", "dc=mail", "(uid=*)", "uid", "userPassword"]


class Relay:
    """Stands between a server and its clients, where they look for it; counts what is answered."""

    def __init__(self, server):
        self._server = server.address
        self._lock = threading.Lock()
        self._sockets = []
        self.connections = self.bytes = 0
        if isinstance(self._server, str):
            self.folder = f"{server.folder}/relay"
            os.mkdir(self.folder, 0o755)
            self.address = f"{self.folder}/{os.path.basename(self._server)}"
            self._listener = socket.socket(socket.AF_UNIX)
            self._listener.bind(self.address)
            os.chmod(self.address, 0o777)
        else:
            self._listener = socket.socket()
            self._listener.bind(("127.0.0.1", 0))
            self.address = self._listener.getsockname()
        self._listener.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def store(self):
        """As the configuration names it."""
        return self.address if isinstance(self.address, str) else "inet:%s:%d" % self.address

    def _accept(self):
        while True:
            try:
                client, _address = self._listener.accept()
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX if isinstance(self._server, str) else socket.AF_INET)
            server.connect(self._server)
            with self._lock:
                self.connections += 1
                self._sockets += [client, server]
            threading.Thread(target=self._pass_on, args=(client, server, False), daemon=True).start()
            threading.Thread(target=self._pass_on, args=(server, client, True), daemon=True).start()

    def _pass_on(self, from_socket, to_socket, is_answer):
        try:
            while data := from_socket.recv(65536):
                to_socket.sendall(data)
                with self._lock:
                    self.bytes += len(data) if is_answer else 0
        except OSError:
            pass
        for one in (from_socket, to_socket):
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def stop(self):
        self._listener.close()
        for one in self._sockets:
            one.close()


class DatabaseLab(Lab):
    """A lab whose accounts' passwords lie elsewhere than in its passwd-file."""

    def __init__(self, driver, passdb, **options):
        """passdb: text of the file that the passdb block's args name."""
        self._driver, self._passdb = driver, passdb
        super().__init__(broken_passdb=False, **options)

    def _write_files(self):
        super()._write_files()
        own = f"driver = passwd-file\n  args = {self.passwd_file}"
        self.database_conf = f"{self.folder}/database.conf"
        with open(self.database_conf, "w") as conf:
            conf.write(self._passdb)
        os.chmod(self.database_conf, 0o600)
        with open(self.config_file) as config:
            text = config.read()
        assert own in text
        with open(self.config_file, "w") as config:
            config.write(text.replace(
                own, f"driver = {self._driver}\n  args = {self.database_conf}"))

    def rows(self, strangers=0):
        """(name, password hash) of each account, and of so many that nobody uses."""
        rows = [(account.name, password_hash(account.password)) for account in self.accounts]
        return rows + [(f"stranger{i}.{self.tag}@isp1.example", password_hash(str(i)))
                       for i in range(strangers)]
