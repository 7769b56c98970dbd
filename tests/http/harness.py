"""A running `daogou serve` on ports of its own, and ways to talk to it: well, and badly. Python's standard library alone."""
import http.client
import json
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAM = os.environ.get('DAOGOU', os.path.join(ROOT, 'build', 'daogou'))
PATIENCE = float(os.environ.get('DAOGOU_TEST_PATIENCE', '60'))   # seconds that a slow machine may take for what is not measured


class Shop:
    """The sample shop in a folder of its own, made once for all servers of a run."""
    made = os.environ.get('DAOGOU_TEST_SHOP')

    @classmethod
    def make(cls):
        if cls.made is None:
            cls.made = tempfile.mkdtemp(prefix='daogou-http-')
            db = os.path.join(cls.made, 'shop.db')
            shop = os.path.join(ROOT, 'examples', 'shop')
            products = [os.path.join(shop, 'products', f) for f in sorted(os.listdir(os.path.join(shop, 'products')))]
            documents = [os.path.join(shop, 'documents', f) for f in sorted(os.listdir(os.path.join(shop, 'documents')))]
            run('--db', db, '--quiet', 'import', *products)
            run('--db', db, 'documents', 'import', *documents)
            run('--db', db, 'promotions', 'import', os.path.join(shop, 'promotions.json'))
        return cls.made

    @classmethod
    def copy(cls):
        folder = tempfile.mkdtemp(prefix='daogou-http-')
        for name in os.listdir(cls.make()):
            shutil.copy(os.path.join(cls.made, name), folder)
        return folder


def run(*arguments):
    done = subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, env=environment())
    if done.returncode != 0:
        raise RuntimeError(f'daogou {" ".join(arguments)}: {done.stderr}')
    return done.stdout


def environment():
    e = {k: v for k, v in os.environ.items() if not k.startswith('DAOGOU_') or k == 'DAOGOU_CPU'}
    e.update(GOMP_SPINCOUNT='10000', NO_COLOR='1')
    return e


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def error(self):
        return self.json['error']


class Server:
    def __init__(self, *options, empty=False, rate=0):
        self.folder = tempfile.mkdtemp(prefix='daogou-http-') if empty else Shop.copy()
        self.db = os.path.join(self.folder, 'shop.db')
        self.log = os.path.join(self.folder, 'access.jsonl')
        self.errors = open(os.path.join(self.folder, 'stderr'), 'w+')
        self.process = subprocess.Popen(
            [PROGRAM, '--db', self.db, '--json', '--threads', '1', 'serve', '--listen', '127.0.0.1:0', '--admin-listen', '127.0.0.1:0', '--access-log', self.log,
             '--rate', str(rate), '--deadline', str(int(PATIENCE * 1000)), *options], stdout=subprocess.PIPE, stderr=self.errors, text=True, env=environment())
        line = self.process.stdout.readline()
        if not line:
            self.process.wait()
            raise RuntimeError('the server did not start: ' + self.stderr())
        self.port, self.admin_port = json.loads(line)['port'], json.loads(line)['admin_port']
        self.keys = {}

    def stderr(self):
        self.errors.seek(0)
        return self.errors.read()

    def key(self, scope):
        if scope not in self.keys:
            made = json.loads(run('--db', self.db, '--json', '--quiet', 'keys', 'add', '--scope', scope, '--label', 'test'))
            self.keys[scope] = made['key']
        return self.keys[scope]

    def call(self, method, path, body=None, headers=None, admin=False, key=None, timeout=None):
        c = http.client.HTTPConnection('127.0.0.1', self.admin_port if admin else self.port, timeout=timeout or PATIENCE)
        all_headers = dict(headers or {})
        if key:
            all_headers['Authorization'] = f'Bearer {self.key(key)}'
        if body is not None and not isinstance(body, (bytes, str)):
            body = json.dumps(body)
            all_headers.setdefault('Content-Type', 'application/json')
        if isinstance(body, str):
            body = body.encode()
        c.request(method, path, body, all_headers)
        r = c.getresponse()
        a = Answer(r.status, r.headers, r.read())
        c.close()
        return a

    def socket(self, admin=False):
        s = socket.create_connection(('127.0.0.1', self.admin_port if admin else self.port), timeout=PATIENCE)
        return s

    def raw(self, data, end=True):
        """Sends bytes, reads until the server closes (or, with end=False, what comes at once)."""
        with self.socket() as s:
            try:
                s.sendall(data)
                if end:
                    s.shutdown(socket.SHUT_WR)
            except (BrokenPipeError, ConnectionResetError):
                pass
            return read_all(s)

    def metrics(self):
        text = self.call('GET', '/metrics', admin=True).body.decode()
        return {m.group(1): float(m.group(2)) for m in re.finditer(r'^([^#\s]\S*) (\S+)$', text, re.M)}

    def stop(self, number=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(number)
        code = self.process.wait(timeout=PATIENCE)
        self.process.stdout.close()
        return code

    def close(self):
        try:
            code = self.stop()
            text = self.stderr()
        finally:
            self.errors.close()
            shutil.rmtree(self.folder, ignore_errors=True)
        if code != 0 or 'Sanitizer' in text or 'runtime error' in text:
            raise AssertionError(f'the server ended with {code}:\n{text[-4000:]}')


class Hook:
    """An order program that waits until it may answer: what has left by then left before the turn was over. Held longer than its 3 seconds it is killed."""
    TEXT = '想买个双肩包，500以内。另外我的订单 20261126001 到哪了？'   # products, then the order
    ANSWER = '已到达杭州转运中心'

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix='daogou-hook-')
        self.program, self.started, self.may_go = (os.path.join(self.folder, name) for name in ('hook', 'started', 'go'))
        with open(self.program, 'w') as out:
            out.write(f'#!/bin/sh\ncat >/dev/null\n: >{self.started}\nwhile [ ! -e {self.may_go} ]; do sleep 0.05; done\necho \'{{"found":true,"status":"shipped","text":"{self.ANSWER}"}}\'\n')
        os.chmod(self.program, 0o755)

    def hold(self):
        for path in (self.started, self.may_go):
            if os.path.exists(path):
                os.remove(path)

    def wait(self):
        wait_for(lambda: os.path.exists(self.started), 'the order program')

    def go(self):
        open(self.may_go, 'w').close()

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)


def leave(s):
    """Closes with a reset, as a process that dies does: at once seen by the other side, also where everything was read."""
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
    s.close()


def read_all(s):
    data = b''
    try:
        while piece := s.recv(65536):
            data += piece
    except (ConnectionResetError, TimeoutError):
        pass
    return data


def read_until(s, mark, timeout=None):
    s.settimeout(timeout or PATIENCE)
    data = b''
    while mark not in data:
        piece = s.recv(65536)
        if not piece:
            break
        data += piece
    return data


def statuses(data):
    return [int(x) for x in re.findall(rb'HTTP/1\.1 (\d{3}) ', data)]


def events(text):
    """[(id, name, data)] of an event stream's text."""
    out = []
    for block in text.split('\n\n'):
        fields = dict(line.split(': ', 1) for line in block.split('\n') if ': ' in line and not line.startswith(':'))
        if 'event' in fields:
            out.append((int(fields['id']), fields['event'], json.loads(fields['data'])))
    return out


def wait_for(condition, what):
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.05)
    raise AssertionError(f'waited in vain for {what}')
