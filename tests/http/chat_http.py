"""The dialogue over HTTP: streams, going on after a lost connection, ownership, cart, erasing."""
import http.client
import json
import socket
import time
import unittest

from harness import PATIENCE, Server, events, read_all, read_until, wait_for

NEED = {'text': '想买个双肩包，500以内，不要黑色'}
STREAM = {'Accept': 'text/event-stream'}


class Browser:
    """A shopper with a cookie."""
    def __init__(self, server):
        self.server = server
        a = server.call('GET', '/')
        self.headers = {'Cookie': a.headers['Set-Cookie'].split(';')[0]}
        self.headers['X-CSRF-Token'] = self.call('GET', '/v1/session').json['csrf']

    def call(self, method, path, body=None, headers=None):
        return self.server.call(method, path, body, {**self.headers, **(headers or {})})


class Chat(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    def setUp(self):
        self.browser = Browser(self.server)

    def test_turn_as_json(self):
        a = self.browser.call('POST', '/v1/chat', NEED)
        self.assertEqual(a.status, 200, a.body)
        self.assertTrue(a.json['cards'])
        self.assertRegex(a.json['dialogue'], '^[0-9a-f]{32}$')
        self.assertNotIn('why', a.json)
        for card in a.json['cards']:
            self.assertLessEqual(float(card['price']), 500)

    def test_turn_as_stream(self):
        a = self.browser.call('POST', '/v1/chat', {**NEED, 'why': True}, STREAM)
        self.assertEqual(a.headers['Content-Type'], 'text/event-stream; charset=utf-8')
        got = events(a.body.decode())
        names = [name for _, name, _ in got]
        self.assertEqual([i for i, _, _ in got], list(range(1, len(got) + 1)))
        self.assertEqual((names[0], names[-2:]), ('dialogue', ['reply', 'done']))
        self.assertIn('stage', names)
        reply = got[-2][2]
        self.assertEqual(''.join(d['text'] for _, n, d in got if n == 'token').strip(), reply['text'].strip())
        self.assertIn('why', reply)

    def test_resume(self):
        a = self.browser.call('POST', '/v1/chat', NEED, STREAM)
        got = events(a.body.decode())
        dialogue = got[0][2]['id']
        for last in (0, 3, len(got)):
            b = self.browser.call('GET', f'/v1/chat/{dialogue}/events', headers={'Last-Event-ID': str(last)})
            self.assertEqual(events(b.body.decode()), got[last:])
        self.assertEqual(Browser(self.server).call('GET', f'/v1/chat/{dialogue}/events').status, 404)
        self.assertEqual(self.server.call('GET', f'/v1/chat/{dialogue}/events').status, 404)

    def test_lost_in_the_middle(self):
        body = json.dumps(NEED).encode()
        head = f'POST /v1/chat HTTP/1.1\r\nHost: x\r\nCookie: {self.browser.headers["Cookie"]}\r\nX-CSRF-Token: {self.browser.headers["X-CSRF-Token"]}\r\nAccept: text/event-stream\r\n' \
               f'Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n'
        with self.server.socket() as s:
            s.sendall(head.encode() + body)
            dialogue = json.loads(read_until(s, b'\n\n').split(b'data: ')[1].split(b'\n')[0])['id']
        b = self.browser.call('GET', f'/v1/chat/{dialogue}/events', headers={'Last-Event-ID': '1'})
        got = events(b.body.decode())
        self.assertEqual((got[0][0], got[-1][1]), (2, 'done'))

    def test_goes_on_and_is_kept(self):
        first = self.browser.call('POST', '/v1/chat', NEED).json
        second = self.browser.call('POST', '/v1/chat', {'text': '第二个加入购物车', 'dialogue': first['dialogue']}).json
        self.assertEqual(second['cart']['lines'][0]['id'], first['cards'][1]['id'])
        kept = self.browser.call('GET', f'/v1/chat/{first["dialogue"]}').json
        self.assertEqual([t['said'] for t in kept['turns']], [NEED['text'], '第二个加入购物车'])
        self.assertEqual(kept['turns'][0]['reply']['cards'], first['cards'])
        self.assertEqual(kept['state']['cart'][0]['id'], first['cards'][1]['id'])

    def test_choice(self):
        first = self.browser.call('POST', '/v1/chat', {'text': 'backpack'}).json
        choice = {'field': first['question']['field'], 'value': first['question']['choices'][0]['value']}
        second = self.browser.call('POST', '/v1/chat', {'dialogue': first['dialogue'], 'choice': choice})
        self.assertEqual(second.status, 200, second.body)
        self.assertEqual(second.json['fitting'], first['question']['choices'][0]['count'])
        kept = self.browser.call('GET', f'/v1/chat/{first["dialogue"]}').json
        self.assertEqual(kept['turns'][1]['said'], first['question']['choices'][0]['label'])
        bad = self.browser.call('POST', '/v1/chat', {'dialogue': first['dialogue'], 'choice': {'field': 'colour', 'value': 'no such'}})
        self.assertEqual((bad.status, bad.error['field']), (400, 'choice'))

    def test_cart(self):
        d = self.browser.call('POST', '/v1/chat', NEED).json
        path = f'/v1/chat/{d["dialogue"]}/cart'
        self.assertEqual(self.browser.call('GET', path).json['lines'], [])
        cart = self.browser.call('POST', path, {'product': d['cards'][0]['id'], 'quantity': 2}).json
        self.assertEqual(cart['lines'][0]['quantity'], 2)
        self.assertEqual(self.browser.call('GET', path).json, cart)
        self.assertEqual(self.browser.call('POST', path, {'product': 'no-such', 'quantity': 1}).error['field'], 'product')
        self.assertEqual(self.browser.call('POST', path, {'product': d['cards'][0]['id'], 'quantity': 998}).status, 422)
        self.assertEqual(self.browser.call('POST', path, {'product': d['cards'][0]['id'], 'quantity': 0}).json['lines'], [])

    def test_only_the_owner(self):
        d = self.browser.call('POST', '/v1/chat', NEED).json['dialogue']
        other = Browser(self.server)
        for method, path, body in (('POST', '/v1/chat', {'text': '你好', 'dialogue': d}), ('GET', f'/v1/chat/{d}', None), ('DELETE', f'/v1/chat/{d}', None), ('GET', f'/v1/chat/{d}/cart', None),
                                   ('POST', f'/v1/chat/{d}/cart', {'product': 'OD-1015', 'quantity': 1}), ('POST', '/v1/feedback', {'dialogue': d, 'turn': 1, 'verdict': 'up'})):
            with self.subTest(path=path):
                self.assertEqual(other.call(method, path, body).status, 404)
        self.assertEqual(self.browser.call('GET', f'/v1/chat/{d}').status, 200)

    def test_erase(self):
        d = self.browser.call('POST', '/v1/chat', NEED).json['dialogue']
        self.assertEqual(self.browser.call('DELETE', f'/v1/chat/{d}').status, 204)
        self.assertEqual(self.browser.call('GET', f'/v1/chat/{d}').status, 404)

    def test_with_a_key(self):
        a = self.server.call('POST', '/v1/chat', NEED, key='shopper')
        self.assertNotIn('Set-Cookie', a.headers)
        b = self.server.call('POST', '/v1/chat', {'text': '有便宜点的吗', 'dialogue': a.json['dialogue']}, key='shopper')
        self.assertEqual(b.status, 200)
        self.assertEqual(b.json['turn'], 2)

    def test_feedback_and_events(self):
        d = self.browser.call('POST', '/v1/chat', NEED).json
        self.assertEqual(self.browser.call('POST', '/v1/feedback', {'dialogue': d['dialogue'], 'turn': 1, 'verdict': 'down', 'reason': '太贵'}).status, 202)
        self.assertEqual(self.browser.call('POST', '/v1/events', {'kind': 'cart', 'product': d['cards'][0]['id'], 'dialogue': d['dialogue']}).status, 202)
        self.assertEqual(self.browser.call('POST', '/v1/events', {'kind': 'cart', 'product': 'no-such'}).error['field'], 'product')
        self.browser.call('POST', '/v1/chat', {'text': 'ride-on lawn mower'})
        r = self.server.call('GET', '/v1/reports?days=2', admin=True, key='merchant').json
        self.assertGreaterEqual(sum(x['down'] for x in r['feedback']), 1)
        self.assertGreaterEqual(sum(x['carts'] for x in r['conversion']), 1)
        self.assertIn('ride-on lawn mower', [x['text'] for x in r['needs_without_result']])
        self.assertTrue(r['latency'])

    def test_survives_kill(self):
        server = Server()
        try:
            browser = Browser(server)
            d = browser.call('POST', '/v1/chat', NEED).json['dialogue']
            browser.call('GET', f'/v1/chat/{d}')   # answered behind the keeping
            server.process.kill()
            server.process.wait()
            import harness
            import subprocess
            line = harness.run('--db', server.db, 'chat', '--list')
            self.assertIn(d, line)
        finally:
            server.process.stdout.close()
            server.errors.close()


if __name__ == '__main__':
    unittest.main()
