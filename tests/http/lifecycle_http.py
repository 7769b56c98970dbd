"""Starting, reloading under traffic, imports as jobs, full queues, ending."""
import http.client
import json
import os
import signal
import socket
import tempfile
import threading
import time
import unittest

from chat_http import NEED, STREAM
from harness import PATIENCE, ROOT, Hook, Server, events, read_all, read_until, statuses, wait_for

CSV = 'id,title,price,category,currency,stock\nT-1,Titan tent for two 双人帐篷,399.00,户外 > 帐篷,CNY,5\nT-2,,12.00,x,CNY,1\nT-3,Green mug 绿色马克杯,29.00,厨房 > 杯子,CNY,9\n'


class Traffic:
    """Threads that match without a pause; every answer must be 200."""
    def __init__(self, server, threads=3):
        self.server, self.answers, self.stopping = server, [], False
        self.threads = [threading.Thread(target=self.run) for _ in range(threads)]
        for t in self.threads:
            t.start()

    def run(self):
        c = http.client.HTTPConnection('127.0.0.1', self.server.port, timeout=PATIENCE)
        while not self.stopping:
            c.request('POST', '/v1/match', json.dumps({'need': '帐篷', 'top': 3}), {'Content-Type': 'application/json'})
            r = c.getresponse()
            body = r.read()
            self.answers.append((r.status, len(json.loads(body).get('results', []))))
        c.close()

    def stop(self):
        self.stopping = True
        for t in self.threads:
            t.join()
        return self.answers


class Systemd:
    """The socket that a unit's main process tells its state to."""
    def __init__(self, **environment):
        self.folder = tempfile.TemporaryDirectory()
        self.environment = {'NOTIFY_SOCKET': os.path.join(self.folder.name, 'notify'), **environment}
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.environment['NOTIFY_SOCKET'])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()
        self.folder.cleanup()

    def start(self, *options):
        os.environ.update(self.environment)
        try:
            return Server(*options)
        finally:
            for name in self.environment:
                del os.environ[name]

    def hear(self):
        self.socket.settimeout(PATIENCE)
        return self.socket.recv(200).decode()

    def hear_silence(self):
        """Half a second, ten signs of life long, without one."""
        self.socket.settimeout(0.5)
        for _ in range(100):
            try:
                self.socket.recv(200)
            except TimeoutError:
                return
        raise AssertionError('signs of life do not end')


class Lifecycle(unittest.TestCase):
    def setUp(self):
        self.server = None

    def tearDown(self):
        if self.server:
            self.server.close()

    def import_csv(self, text=CSV):
        a = self.server.call('POST', '/v1/import?format=csv', text, {'Content-Type': 'text/csv'}, admin=True, key='merchant')
        self.assertEqual(a.status, 202, a.body)
        job = a.json['job']
        return wait_for(lambda: (j := self.server.call('GET', f'/v1/jobs/{job}', admin=True, key='merchant').json)['state'] in ('done', 'failed') and j, 'the import')

    def test_empty_shop(self):
        self.server = Server(empty=True)
        self.assertEqual(self.server.call('GET', '/readyz').status, 503)
        a = self.server.call('POST', '/v1/match', {'need': '帐篷'})
        self.assertEqual((a.status, a.error['code']), (503, 'not_ready'))
        job = self.import_csv()
        self.assertEqual((job['state'], job['result']['added'], job['result']['rejected']), ('done', 2, 1), job)
        self.assertEqual(job['errors'][0]['line'], 3)
        self.assertNotIn('upload', json.dumps(job))
        wait_for(lambda: self.server.call('GET', '/readyz').status == 200, 'readiness')
        found = self.server.call('POST', '/v1/match', {'need': '双人帐篷'}).json['results']
        self.assertEqual(found[0]['id'], 'T-1')
        text = self.server.call('GET', f'/v1/jobs/{job["id"]}/events', admin=True, key='merchant').body.decode()
        got = events(text)
        self.assertEqual((got[-1][1], got[-2][2]['state']), ('done', 'done'))
        self.assertEqual([f for f in os.listdir(self.server.folder) if 'upload' in f], [])

    def test_reload_during_traffic(self):
        self.server = Server()
        traffic = Traffic(self.server)
        for _ in range(2):
            self.assertEqual(self.server.call('POST', '/v1/reload', admin=True, key='merchant').status, 200)
        before = self.server.metrics()['daogou_reloads_total']
        self.server.process.send_signal(signal.SIGHUP)
        wait_for(lambda: self.server.metrics()['daogou_reloads_total'] > before, 'the reload')
        job = self.import_csv()
        wait_for(lambda: any(r['id'] == 'T-1' for r in self.server.call('POST', '/v1/match', {'need': 'Titan tent 帐篷', 'top': 10}).json['results']), 'the new product')
        answers = traffic.stop()
        self.assertEqual(job['state'], 'done')
        self.assertGreater(len(answers), 5)
        self.assertEqual({a for a in answers if a[0] != 200 or a[1] == 0}, set())

    def test_queue_full(self):
        self.server = Server('--queue', '2')
        body = json.dumps({'need': 'tent', 'top': 100}).encode()
        request = b'POST /v1/match HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: %d\r\n\r\n' % len(body) + body
        sockets = [self.server.socket() for _ in range(60)]
        for s in sockets:
            s.sendall(request)
        answers = [read_all(s) for s in sockets]
        for s in sockets:
            s.close()
        codes = [statuses(a)[0] for a in answers]
        self.assertEqual(set(codes), {200, 503}, codes)
        refused = next(a for a in answers if statuses(a) == [503])
        self.assertIn(b'Retry-After: ', refused)
        self.assertIn(b'"busy"', refused)
        self.assertGreater(self.server.metrics()['daogou_queue_refused_total{lane="model"}'], 0)
        self.assertEqual(self.server.call('POST', '/v1/match', {'need': 'tent'}).status, 200)

    def test_deadline(self):
        self.server = Server('--deadline', '1')
        codes = {self.server.call('POST', '/v1/chat', {'text': '双肩包'}).status for _ in range(5)}
        self.assertIn(503, codes)

    def test_drain(self):
        self.server = Server()
        body = json.dumps(NEED).encode()
        head = b'POST /v1/chat HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n' % len(body)
        idle, busy = self.server.socket(), self.server.socket()
        busy.sendall(head)
        idle.sendall(b'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n')
        read_until(idle, b'"ok"}')
        time.sleep(0.2)
        self.server.process.send_signal(signal.SIGTERM)
        self.assertEqual(read_all(idle), b'')           # idle: closed
        with self.assertRaises(OSError):                # nobody new
            for _ in range(100):
                self.server.socket().close()
                time.sleep(0.02)
        busy.sendall(body)                              # under way: finished
        data = read_all(busy)
        self.assertEqual(statuses(data), [200])
        self.assertIn(b'event: done', data)
        self.assertEqual(self.server.process.wait(timeout=PATIENCE), 0)
        idle.close()
        busy.close()

    def test_notify(self):
        """What systemd hears."""
        with Systemd() as systemd:
            self.server = systemd.start()
            self.assertEqual(systemd.hear(), 'READY=1')
            self.server.process.send_signal(signal.SIGHUP)
            self.assertRegex(systemd.hear(), r'^RELOADING=1\nMONOTONIC_USEC=\d+$')
            self.assertEqual(systemd.hear(), 'READY=1')
            self.assertEqual(self.server.call('POST', '/v1/reload', admin=True, key='merchant').status, 200)   # not systemd's: nothing is told
            self.server.process.send_signal(signal.SIGTERM)
            self.assertEqual(systemd.hear(), 'STOPPING=1')
            self.server.process.wait(timeout=PATIENCE)

    def test_notify_of_a_reload_that_fails(self):
        with Systemd() as systemd:
            self.server = systemd.start()
            self.assertEqual(systemd.hear(), 'READY=1')
            os.rename(self.server.db, self.server.db + '.away')
            self.server.process.send_signal(signal.SIGHUP)
            self.assertRegex(systemd.hear(), '^RELOADING=1')
            self.assertEqual(systemd.hear(), 'READY=1')   # as it was
            self.assertIn('the shop stays as it was', self.server.stderr())
            self.assertEqual(self.server.call('GET', '/readyz').status, 200)

    def test_watchdog(self):
        """A turn that hangs is told by silence: no sign of life until it ends, and then again."""
        with Systemd(WATCHDOG_USEC='100000') as systemd:
            hook = Hook()
            self.server = systemd.start('--deadline', '200', '--order-hook', hook.program)   # hangs: longer than 0.8 s
            self.assertEqual(systemd.hear(), 'READY=1')
            self.assertEqual({systemd.hear() for _ in range(5)}, {'WATCHDOG=1'})
            turn = threading.Thread(target=lambda: self.server.call('POST', '/v1/chat', {'text': '我的订单 20261126001 到哪了？'}))
            turn.start()
            hook.wait()
            systemd.hear_silence()
            hook.go()
            turn.join()
            self.assertEqual(systemd.hear(), 'WATCHDOG=1')
            hook.close()

    def test_watchdog_of_another(self):
        with Systemd(WATCHDOG_USEC='100000', WATCHDOG_PID='1') as systemd:
            self.server = systemd.start()
            self.assertEqual(systemd.hear(), 'READY=1')
            systemd.hear_silence()

    def test_log_reopened(self):
        self.server = Server()
        self.server.call('GET', '/healthz')
        wait_for(lambda: os.path.getsize(self.server.log) > 0, 'the log')
        os.rename(self.server.log, self.server.log + '.1')
        self.server.process.send_signal(signal.SIGHUP)
        wait_for(lambda: os.path.exists(self.server.log), 'the new log')


if __name__ == '__main__':
    unittest.main()
