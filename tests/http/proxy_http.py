"""packaging/haproxy.cfg as it is, but for ports and certificate, before a running server. Skipped where haproxy or openssl is missing."""
import http.client
import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import unittest

from chat_http import NEED, STREAM
from harness import PATIENCE, ROOT, Hook, Server, events, leave, read_until, wait_for

CONFIG = os.path.join(ROOT, 'packaging', 'haproxy.cfg')


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


class Proxy:
    def __init__(self, server):
        self.folder = tempfile.mkdtemp(prefix='daogou-proxy-')
        self.port, self.plain_port = free_port(), free_port()
        key, certificate, pem = (os.path.join(self.folder, name) for name in ('key', 'crt', 'shop.pem'))
        subprocess.run(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2', '-keyout', key, '-out', certificate],
                       check=True, capture_output=True)
        with open(pem, 'w') as out:
            out.write(open(certificate).read() + open(key).read())
        text = open(CONFIG).read()
        for old, new in {':443 ': f'127.0.0.1:{self.port} ', 'bind :80\n': f'bind 127.0.0.1:{self.plain_port}\n', '/etc/haproxy/shop.pem': pem, '127.0.0.1:8080': f'127.0.0.1:{server.port}'}.items():
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        self.config = os.path.join(self.folder, 'haproxy.cfg')
        with open(self.config, 'w') as out:
            out.write(text)
        self.check = subprocess.run(['haproxy', '-c', '-f', self.config], capture_output=True, text=True)
        self.log = open(os.path.join(self.folder, 'log'), 'w+')
        self.process = subprocess.Popen(['haproxy', '-W', '-f', self.config], stdout=self.log, stderr=self.log)
        self.tls = ssl.create_default_context(cafile=certificate)
        wait_for(self.answers, 'haproxy')

    def answers(self):
        try:
            return self.call('GET', '/healthz').status == 200
        except OSError:
            return False

    def connection(self):
        return http.client.HTTPSConnection('127.0.0.1', self.port, timeout=PATIENCE, context=self.tls)

    def call(self, method, path, body=None, headers=None):
        c = self.connection()
        c.request(method, path, json.dumps(body) if body else None, {'Content-Type': 'application/json', **(headers or {})})
        r = c.getresponse()
        r.body = r.read()
        c.close()
        return r

    def close(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=PATIENCE)
        self.log.close()
        shutil.rmtree(self.folder)


@unittest.skipUnless(shutil.which('haproxy') and shutil.which('openssl'), 'haproxy or openssl is not installed')
class ThroughHaproxy(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.hook = Hook()
        cls.server = Server('--trust-proxy', '--secure-cookies', '--order-hook', cls.hook.program)
        cls.proxy = Proxy(cls.server)

    @classmethod
    def tearDownClass(cls):
        cls.proxy.close()
        cls.server.close()
        cls.hook.close()

    def test_configuration(self):
        self.assertEqual((self.proxy.check.returncode, re.sub(r'(?i)configuration file is valid\s*', '', self.proxy.check.stdout + self.proxy.check.stderr)), (0, ''))

    def test_tls_and_headers(self):
        c = http.client.HTTPConnection('127.0.0.1', self.proxy.plain_port, timeout=PATIENCE)
        c.request('GET', '/v1/session')
        r = c.getresponse()
        self.assertEqual((r.status, r.headers['Location'].split(':')[0]), (308, 'https'))
        c.close()
        a = self.proxy.call('GET', '/')
        self.assertEqual(a.status, 200)
        self.assertIn('max-age', a.headers['Strict-Transport-Security'])
        self.assertIn('Secure', a.headers['Set-Cookie'])
        self.assertTrue(a.headers['X-Request-Id'])
        self.assertEqual(self.proxy.call('GET', '/console').status, 404)
        self.assertEqual(self.proxy.call('GET', '/metrics').status, 404)

    def test_addresses_are_not_believed(self):
        before = os.path.getsize(self.server.log)
        self.proxy.call('GET', '/v1/session', headers={'X-Forwarded-For': '6.6.6.6'})
        line = wait_for(lambda: [x for x in open(self.server.log).read()[before:].split('\n') if '/v1/session' in x], 'the log')[0]
        self.assertEqual(json.loads(line)['peer'], '127.0.0.1')

    def test_turn_as_stream(self):
        a = self.proxy.call('POST', '/v1/chat', NEED, STREAM)
        names = [name for _, name, _ in events(a.body.decode())]
        self.assertEqual((names[0], names[-2:]), ('dialogue', ['reply', 'done']))

    def streamed(self):
        """A turn that is under way until the hook may go, read as far as its first words."""
        self.hook.hold()
        raw = self.proxy.tls.wrap_socket(socket.create_connection(('127.0.0.1', self.proxy.port), timeout=PATIENCE), server_hostname='127.0.0.1')
        body = json.dumps({'text': Hook.TEXT}).encode()
        raw.sendall(b'POST /v1/chat HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n' % len(body) + body)
        return raw, read_until(raw, b'event: token')

    def test_events_are_passed_on_as_they_come(self):
        raw, data = self.streamed()
        self.assertNotIn(b'event: reply', data)
        self.hook.go()
        data += read_until(raw, b'event: done')
        raw.close()
        self.assertIn(Hook.ANSWER, data.decode())

    def test_who_leaves_is_noticed(self):
        before = self.server.metrics()['daogou_gone_total']
        raw, _ = self.streamed()
        self.hook.wait()
        leave(raw)
        wait_for(lambda: self.server.metrics()['daogou_gone_total'] > before, 'the server to notice')
        self.hook.go()

    def test_reload_of_both_during_traffic(self):
        answers, stopping = [], threading.Event()

        def shop():
            while not stopping.is_set():
                answers.append(self.proxy.call('POST', '/v1/match', {'need': '帐篷', 'top': 1}).status)
        thread = threading.Thread(target=shop)
        thread.start()
        before = self.server.metrics()['daogou_reloads_total']
        self.server.process.send_signal(signal.SIGHUP)
        wait_for(lambda: self.server.metrics()['daogou_reloads_total'] > before, 'the reload')
        seen = len(answers)
        self.proxy.process.send_signal(signal.SIGUSR2)
        wait_for(lambda: len(answers) > seen + 10, 'answers')
        stopping.set()
        thread.join()
        self.assertEqual(set(answers), {200})

    def test_health_check(self):
        """A server that ends is no longer asked: haproxy answers itself."""
        server = Server()
        proxy = Proxy(server)
        try:
            self.assertEqual(proxy.call('GET', '/readyz').status, 200)
            server.stop()
            self.assertEqual(wait_for(lambda: (a := proxy.call('GET', '/readyz')).status != 200 and a, 'haproxy to see it').status, 503)
            wait_for(lambda: 'Server daogou/one is DOWN' in open(proxy.log.name).read(), 'haproxy to say it')
        finally:
            proxy.close()
            server.close()


if __name__ == '__main__':
    unittest.main()
