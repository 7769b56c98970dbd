"""Clients that mean harm, or are broken: each gets its due answer, and the server goes on."""
import json
import socket
import struct
import time
import unittest

from harness import PATIENCE, Server, read_all, read_until, statuses, wait_for

GOOD = b'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n'


def chunked(body, extra=b''):
    return b'POST /v1/match HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n' + extra + b'\r\n' + body


def sized(length, body, extra=b''):
    return b'POST /v1/match HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ' + length + b'\r\n' + extra + b'\r\n' + body


class Hostile(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server('--head-timeout', '1500', '--body-timeout', '1500', '--write-timeout', '1500', '--idle-timeout', '4000', '--connections', '40', '--stream-unsent', '20000')

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    def refused(self, request, code):
        """One answer, of this status, and the connection closed: nothing behind the bad request is looked at."""
        data = self.server.raw(request + GOOD)
        self.assertEqual(statuses(data), [code], (request[:200], data[:300]))
        self.assertIn(b'Connection: close', data)
        self.assertIn(b'"message":', data)

    def test_malformed(self):
        for request in (b'GET /healthz\r\n\r\n', b'GET  /healthz HTTP/1.1\r\nHost: x\r\n\r\n', b'GET /healthz HTTP/1.1\nHost: x\n\n', b'GET /healthz HTTP/1.1\r\nHost: x\n\r\n',
                        b'GET /healthz HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n', b'GET /healthz HTTP/1.1\r\nHost : x\r\n\r\n', b'GET /healthz HTTP/1.1\r\nHost: x\r\nA: b\rc\r\n\r\n',
                        b'GET /healthz HTTP/1.1\r\nHost: x\r\nA: b\0c\r\n\r\n', b'GET /healthz HTTP/1.1\r\n\r\n', b'GET /healthz HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n',
                        b'GET /healthz HTTP/1.1\r\nHost: x/y\r\n\r\n', b'GET /healthz HTTP/1.1\r\nHost: x\r\n: y\r\n\r\n', b'GET healthz HTTP/1.1\r\nHost: x\r\n\r\n',
                        b'GET /health\xc3\xa9 HTTP/1.1\r\nHost: x\r\n\r\n', b'GET /a#b HTTP/1.1\r\nHost: x\r\n\r\n', b'G(T / HTTP/1.1\r\nHost: x\r\n\r\n', b'\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\r\n\r\n',
                        b'GET /%00 HTTP/1.1\r\nHost: x\r\n\r\n', b'GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n', b'GET /%ff HTTP/1.1\r\nHost: x\r\n\r\n'):
            with self.subTest(request=request):
                self.refused(request, 400)

    def test_versions(self):
        self.refused(b'GET /healthz HTTP/2.0\r\nHost: x\r\n\r\n', 505)
        self.refused(b'GET /healthz HTTP/1.10\r\nHost: x\r\n\r\n', 400)
        self.assertEqual(statuses(self.server.raw(b'GET /healthz HTTP/1.0\r\n\r\n')), [200])

    def test_smuggling(self):
        body = b'{"need":"x"}'
        for request in (sized(b'12', body, b'Transfer-Encoding: chunked\r\n'), sized(b'12', body, b'Content-Length: 12\r\n'), sized(b'12, 12', body), sized(b'+12', body), sized(b'0x0c', body),
                        sized(b'', body), sized(b'12 ', body, b'Content-Length: 5\r\n'), sized(b'-1', body), sized(b'9' * 30, body),
                        chunked(b'0\r\n\r\n', b'Transfer-Encoding: chunked\r\n'), chunked(b'c\r\n' + body + b'X\r\n0\r\n\r\n'), chunked(b'zz\r\n'), chunked(b'\r\n'), chunked(b'ffffffffff\r\n'),
                        chunked(b'c\n' + body + b'\n0\n\n'), chunked(b'-1\r\n'), chunked(b'c \r\n' + body), chunked(b'0\r\nA: b\nC: d\r\n\r\n'),
                        b'POST /v1/match HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'):
            with self.subTest(request=request):
                self.refused(request, 400)
        for coding in (b'gzip', b'gzip, chunked', b'xchunked', b'chunked, identity', b'identity', b'\x0bchunked'):
            with self.subTest(coding=coding):
                code = 400 if coding[0] < 32 else 501
                self.refused(b'POST /v1/match HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: ' + coding + b'\r\n\r\n0\r\n\r\n', code)

    def test_limits(self):
        self.refused(b'GET /' + b'a' * 9000 + b' HTTP/1.1\r\nHost: x\r\n\r\n', 414)
        self.refused(b'GET / HTTP/1.1\r\nHost: x\r\nA: ' + b'a' * 40000 + b'\r\n\r\n', 431)
        self.refused(b'GET / HTTP/1.1\r\nHost: x\r\n' + b'A: b\r\n' * 200 + b'\r\n', 431)
        self.refused(sized(b'1000000', b''), 413)
        self.refused(chunked(b'20000\r\n' + b'a' * 0x20000 + b'\r\n'), 413)
        self.refused(b'GET / HTTP/1.1\r\nHost: x\r\nExpect: the-best\r\n\r\n', 417)

    def test_expect_continue(self):
        with self.server.socket() as s:
            s.sendall(sized(b'12', b'', b'Expect: 100-continue\r\n'))
            self.assertEqual(statuses(read_until(s, b'\r\n\r\n')), [100])
            s.sendall(b'{"need":"x"}')
            self.assertEqual(statuses(read_until(s, b'\r\n\r\n')), [200])
        self.assertEqual(statuses(self.server.raw(sized(b'900000', b'', b'Expect: 100-continue\r\n'))), [413])   # no 100: the body is not wanted

    def test_pipelining_in_order(self):
        requests = b''.join(b'GET /v1/products/none-%d HTTP/1.1\r\nHost: x\r\n\r\n' % i + GOOD for i in range(40))
        with self.server.socket() as s:
            s.sendall(requests + b'GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
            data = read_all(s)
        self.assertEqual(statuses(data), [404, 200] * 40 + [200])

    def test_cut_anywhere(self):
        whole = GOOD + chunked(b'3;x=y\r\n{"n\r\n9\r\need":"x"}\r\n0\r\nTrailer: a\r\n\r\n') + GOOD
        with self.server.socket() as s:
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for byte in whole:
                s.sendall(bytes([byte]))
            s.shutdown(socket.SHUT_WR)
            self.assertEqual([x for x in statuses(read_all(s)) if x != 102], [200, 200, 200])

    def test_head_and_half_closed(self):
        data = self.server.raw(b'HEAD /healthz HTTP/1.1\r\nHost: x\r\n\r\n')   # the end of what the client sends comes with the request
        self.assertEqual(statuses(data), [200])
        self.assertIn(b'Content-Length: 15', data)
        self.assertTrue(data.endswith(b'\r\n\r\n'))
        data = self.server.raw(sized(b'12', b'{"need":"x"}'))
        self.assertEqual([x for x in statuses(data) if x != 102], [200])   # 102: asked whether somebody is there
        self.assertEqual(self.server.raw(b'GET /healthz HTTP/1.1\r\nHo'), b'')   # never whole: closed without a word

    def drip(self, start, piece):
        begun = time.monotonic()
        with self.server.socket() as s:
            s.sendall(start)
            try:
                while time.monotonic() - begun < PATIENCE:
                    s.sendall(piece)
                    s.settimeout(0.1)
                    try:
                        data = s.recv(65536)
                        return time.monotonic() - begun, data
                    except TimeoutError:
                        continue
            except (BrokenPipeError, ConnectionResetError):
                return time.monotonic() - begun, b'HTTP/1.1 408 '
        self.fail('a client that drips bytes is served for ever')

    def test_slow_header(self):
        seconds, data = self.drip(b'GET /healthz HTTP/1.1\r\nHost: x\r\n', b'A: b\r\n')
        self.assertEqual(statuses(data), [408])
        self.assertLess(seconds, PATIENCE / 2)

    def test_slow_body(self):
        seconds, data = self.drip(sized(b'5000', b'{"need":"'), b'a')
        self.assertEqual(statuses(data), [408])
        self.assertLess(seconds, PATIENCE / 2)

    def test_many_slow_clients_leave_room(self):
        slow = [self.server.socket() for _ in range(30)]
        for s in slow:
            s.sendall(b'GET / HTTP/1.1\r\n')
        self.assertEqual(self.server.call('GET', '/healthz').status, 200)
        for s in slow:
            s.close()

    def test_too_many_connections(self):
        held = []
        for _ in range(60):
            s = self.server.socket()
            s.sendall(b'GET / HTTP/1.1\r\nHost')   # not idle: begun, so it is not closed to make room
            held.append(s)
        codes = set()
        for s in held[45:]:
            s.settimeout(0.5)
            try:
                codes.update(statuses(s.recv(1000)))
            except (TimeoutError, ConnectionResetError):
                pass
        for s in held:
            s.close()
        self.assertIn(503, codes)

    def test_stream_never_read(self):
        """A client that asks for streams and reads none: its connection is dropped when too much waits to be read."""
        before = self.server.metrics().get('daogou_gone_total', 0)
        with socket.socket() as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            s.connect(('127.0.0.1', self.server.port))
            body = json.dumps({'text': '想买个双肩包，500以内', 'why': True}).encode()
            request = b'POST /v1/chat HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n' % len(body) + body
            end = time.monotonic() + PATIENCE
            dropped = False
            while time.monotonic() < end and not dropped:
                try:
                    s.sendall(request)
                    time.sleep(0.05)
                except (BrokenPipeError, ConnectionResetError):
                    dropped = True
            self.assertTrue(dropped)
        self.assertEqual(self.server.call('GET', '/healthz').status, 200)
        self.assertGreaterEqual(self.server.metrics().get('daogou_gone_total', 0), before)

    def test_nobody_waits_any_more(self):
        """Clients that close while their requests wait are noticed, and their requests are not worked on."""
        before = self.server.metrics().get('daogou_gone_total', 0)
        for _ in range(20):
            with self.server.socket() as s:
                s.sendall(sized(b'30', b'{"need":"tent","top":100}     '))
        wait_for(lambda: self.server.metrics().get('daogou_gone_total', 0) >= before + 5, 'the server to notice')
        self.assertEqual(self.server.call('POST', '/v1/match', {'need': 'tent'}).status, 200)

    def test_reset_in_the_middle(self):
        for request in (GOOD, sized(b'30', b'{"need":"x'), sized(b'12', b'{"need":"x"}')):
            s = self.server.socket()
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
            s.sendall(request)
            s.close()
        self.assertEqual(self.server.call('GET', '/healthz').status, 200)

    def test_bad_json(self):
        for body, field in ((b'', None), (b'{', None), (b'[' * 100000, None), (b'{"need":' * 5000, None), (b'"need"', None), (b'{"need":"x","need":"y"}', None), (b'{"need":"\xff"}', None),
                            (b'{"need":"a\\u0000b"}', None), (b'{"need":"\\ud800"}', None), (b'{"need":1e999}', None), (b'{"need":"x","top":"3"}', 'top'), (b'{"need":"x","top":101}', 'top'),
                            (b'{"need":"x","top":99999999999999999999999}', None), (b'{"need":"x","topp":3}', 'topp'), (b'{"need":""}', 'need'), (b'{}', 'need'), (b'{"need":null}', 'need')):
            with self.subTest(body=body[:40]):
                a = self.server.call('POST', '/v1/match', body, {'Content-Type': 'application/json'})
                if len(body) > 65536:
                    self.assertEqual(a.status, 413)
                    continue
                self.assertEqual(a.status, 400, a.body)
                self.assertEqual(a.error['field'], field)
        self.assertEqual(self.server.call('POST', '/v1/match', b'need=x', {'Content-Type': 'text/plain'}).status, 415)
        self.assertEqual(statuses(self.server.raw(b'POST /v1/match HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\r\n')), [411])

    def test_traversal(self):
        for path in (b'/assets/../index.html', b'/assets/..%2f..%2fetc%2fpasswd', b'/assets/%2e%2e/%2e%2e/etc/passwd', b'/../../etc/passwd', b'/assets/%2fetc%2fpasswd', b'//etc/passwd', b'/assets/..\\x'):
            with self.subTest(path=path):
                codes = statuses(self.server.raw(b'GET ' + path + b' HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'))
                self.assertEqual(len(codes), 1)
                self.assertIn(codes[0], (400, 404))


if __name__ == '__main__':
    unittest.main()
