"""Ten thousand connections that say nothing are held open while others are served, and each of them is served when it speaks."""
import json
import resource
import socket
import unittest

from harness import PATIENCE, Server, read_until

MANY = 10000
ASK = b'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n'
ANSWER = b'"ok"}'


class Idle(unittest.TestCase):
    def setUp(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if hard != resource.RLIM_INFINITY and hard < MANY + 200:
            self.skipTest(f'this system lets a process open {hard} files (ulimit -Hn)')
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, MANY + 200), hard))   # the server's too
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        self.server = Server('--connections', str(MANY + 50), '--idle-timeout', '1000000', '--head-timeout', '1000000')
        self.addCleanup(self.server.close)

    def memory_kb(self):
        with open(f'/proc/{self.server.process.pid}/status') as f:
            return int(next(line for line in f if line.startswith('VmRSS:')).split()[1])

    def test_many_idle_connections(self):
        s = self.server
        self.assertEqual(s.call('POST', '/v1/match', {'need': '帐篷'}).status, 200)
        before, held = self.memory_kb(), []
        self.addCleanup(lambda: [c.close() for c in held])
        for i in range(MANY):
            c = socket.create_connection(('127.0.0.1', s.port), timeout=PATIENCE)
            held.append(c)
            if i % 2:   # half of them have been served before, the others have said nothing yet
                c.sendall(ASK)
                self.assertIn(ANSWER, read_until(c, ANSWER))
        each = (self.memory_kb() - before) * 1024 / MANY
        self.assertGreaterEqual(s.metrics()['daogou_connections'], MANY)
        for need in ('双人帐篷', 'backpack, not black'):
            self.assertTrue(s.call('POST', '/v1/match', {'need': need}).json['results'])
        stream = s.call('POST', '/v1/chat', {'text': '保温杯'}, {'Accept': 'text/event-stream'}).body.decode()
        self.assertIn('event: done', stream)
        self.assertLess(each, 8192, 'bytes a connection')
        for c in held:
            c.sendall(ASK)
        for c in held:
            data = read_until(c, ANSWER)
            self.assertTrue(data.startswith(b'HTTP/1.1 200 ') and ANSWER in data, data)
        print(json.dumps({'idle_connections': MANY, 'bytes_each': round(each)}))


if __name__ == '__main__':
    unittest.main()
