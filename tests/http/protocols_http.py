"""The protocols of others, without their clients: who may, an empty shop, random and hostile messages. The clients' own tests: scripts/check-protocols."""
import json
import os
import random
import unittest

from harness import Hook, Server, leave, read_all, read_until, run, statuses, wait_for

ACCEPT = {'Accept': 'application/json, text/event-stream'}
CHAT = {'model': 'daogou-guide', 'messages': [{'role': 'user', 'content': '双肩包'}]}


def rpc(method, params=None, identity=1):
    return {'jsonrpc': '2.0', 'id': identity, 'method': method, 'params': params or {}}


class Client:
    def __init__(self, server, key=None):
        self.server, self.key = server, key
        a = self.post(rpc('initialize', {'protocolVersion': '2025-11-25', 'capabilities': {}}), {})
        assert a.status == 200, a.body
        self.session = a.headers['Mcp-Session-Id']

    def post(self, body, headers=None):
        own = {'Mcp-Session-Id': self.session} if headers is None else headers
        return self.server.call('POST', '/mcp', body, {**ACCEPT, **own}, key=self.key)

    def tool(self, name, **arguments):
        return self.post(rpc('tools/call', {'name': name, 'arguments': arguments})).json['result']


class Protocols(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    def test_dialogues_have_owners(self):
        mine, anonymous = Client(self.server, 'shopper'), Client(self.server)
        made = mine.tool('guide', text='双肩包')['structuredContent']['dialogue']
        self.assertEqual(mine.tool('guide', text='蓝色', dialogue=made)['structuredContent']['dialogue'], made)
        self.assertTrue(anonymous.tool('guide', text='x', dialogue=made)['isError'])
        self.assertTrue(Client(self.server, 'merchant').tool('guide', text='x', dialogue=made)['isError'])
        # over the shopper's API it is the key's too, and erased it is gone
        self.assertEqual(self.server.call('GET', f'/v1/chat/{made}', key='shopper').json['dialogue'], made)
        self.assertEqual(self.server.call('DELETE', f'/v1/chat/{made}', key='shopper').status, 204)
        self.assertTrue(mine.tool('guide', text='x', dialogue=made)['isError'])

    def test_origins(self):
        for origin, status in (('https://evil.example', 403), ('null', 403), ('http://localhost.evil.example', 403), ('http://localhost:3000', 200), ('http://127.0.0.1', 200)):
            with self.subTest(origin=origin):
                self.assertEqual(self.server.call('POST', '/mcp', rpc('initialize', {'protocolVersion': '2025-11-25'}), {**ACCEPT, 'Origin': origin}).status, status)
        # a name of somebody else's that points here
        a = self.server.call('POST', '/mcp', rpc('initialize', {'protocolVersion': '2025-11-25'}), {**ACCEPT, 'Origin': 'http://evil.example', 'Host': 'evil.example'})
        self.assertEqual(a.status, 403)

    def test_cookies_prove_nothing(self):
        a = self.server.call('POST', '/v1/chat/completions', CHAT, {'Cookie': 'dg_shopper=x.y'})
        self.assertEqual(a.status, 200)
        self.assertNotIn('Set-Cookie', a.headers)

    def test_feeds_need_a_key(self):
        for name in ('google.tsv', 'google.xml', 'acp.jsonl'):
            self.assertEqual(self.server.call('GET', f'/feeds/{name}').status, 401)
            self.assertEqual(self.server.call('GET', f'/feeds/{name}', key='shopper').status, 401)
            self.assertEqual(self.server.call('GET', f'/feeds/{name}', key='merchant').status, 200)

    def test_pictures_come_while_it_runs(self):
        folder = os.path.join(self.server.folder, 'pictures')
        os.mkdir(folder)
        self.assertEqual(self.server.call('GET', '/v1/products/EL-1001/picture').status, 404)
        with open(os.path.join(folder, 'EL-1001.svg'), 'w') as f:
            f.write('<svg xmlns="http://www.w3.org/2000/svg"><rect width="1" height="1"/></svg>')
        run('--db', self.server.db, '--quiet', 'pictures', 'import', folder)
        a = self.server.call('GET', '/v1/products/EL-1001/picture')
        self.assertEqual((a.status, a.headers['Content-Type']), (200, 'image/svg+xml'))
        self.assertTrue(any('sandbox' in v for v in a.headers.get_all('Content-Security-Policy')))
        self.assertEqual(a.headers.get_all('Cache-Control'), ['public, max-age=300'])
        self.assertEqual(self.server.call('GET', '/v1/products/EL-1001/picture', headers={'If-None-Match': a.headers['ETag']}).status, 304)

    def value(self, r, depth=0):
        kind = r.randrange(9 if depth < 3 else 7)
        if kind == 7:
            return [self.value(r, depth + 1) for _ in range(r.randrange(4))]
        if kind == 8:
            names = ('jsonrpc', 'id', 'method', 'params', '_meta', 'name', 'arguments', 'model', 'messages', 'role', 'content', 'input', 'query', 'filters', 'price', 'max', 'ids', 'stream')
            return {r.choice(names): self.value(r, depth + 1) for _ in range(r.randrange(5))}
        return (None, True, 7, -1.5, 2 ** 53, '', r.choice(('2.0', 'user', 'tools/call', 'guide', 'daogou-guide', '茶' * 300, '\u0001', '../x')))[kind]

    def test_random_values(self):
        r = random.Random(5)
        paths = ('/mcp', '/v1/chat/completions', '/v1/embeddings', '/ucp/catalog/search', '/ucp/catalog/lookup', '/ucp/catalog/product')
        valid = {'/mcp': rpc('tools/call', {'name': 'search_catalog', 'arguments': {'query': 'x'}}), '/v1/chat/completions': CHAT, '/v1/embeddings': {'model': 'daogou-embedding', 'input': 'x'},
                 '/ucp/catalog/search': {'query': 'x', 'filters': {'price': {'max': 1}}, 'pagination': {'limit': 1}}, '/ucp/catalog/lookup': {'ids': ['EL-1001']}, '/ucp/catalog/product': {'id': 'EL-1001'}}
        client = Client(self.server)
        for i in range(400):
            path = paths[i % len(paths)]
            body = self.value(r)
            if i % 2:   # a good message with one thing wrong
                body = dict(valid[path])
                body[r.choice(list(body))] = self.value(r)
            a = self.server.call('POST', path, json.dumps(body), {**ACCEPT, 'Content-Type': 'application/json', 'Mcp-Session-Id': client.session})
            self.assertLess(a.status, 500, (path, body, a.body[:300]))
        self.assertEqual(self.server.call('GET', '/healthz').status, 200)


def chunks(data):
    return [json.loads(line[6:]) for line in data.decode().split('\n') if line.startswith('data: {')]


def said(data):
    return ''.join(c['choices'][0]['delta'].get('content', '') for c in chunks(data) if c.get('choices'))


class Chunks(unittest.TestCase):
    """Chunks of a completion leave while the turn is under way."""
    @classmethod
    def setUpClass(cls):
        cls.hook = Hook()
        cls.server = Server('--order-hook', cls.hook.program)

    @classmethod
    def tearDownClass(cls):
        cls.server.close()
        cls.hook.close()

    def begin(self, text=Hook.TEXT, **more):
        self.hook.hold()
        body = json.dumps({'model': 'daogou-guide', 'stream': True, 'messages': [{'role': 'user', 'content': text}], **more}).encode()
        s = self.server.socket()
        s.sendall(b'POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n' % len(body) + body)
        return s

    def test_first_leaves_before_the_last_is_made(self):
        s = self.begin(stream_options={'include_usage': True})
        data = read_until(s, b'"delta":{"content":"')   # the first words
        self.assertNotIn('[DONE]', data.decode()[-500:])
        self.assertNotIn(Hook.ANSWER, said(data[:data.rindex(b'\n')]))
        self.hook.wait()
        self.hook.go()
        data += read_all(s)
        whole = self.server.call('POST', '/v1/chat/completions', {'model': 'daogou-guide', 'messages': [{'role': 'user', 'content': Hook.TEXT}]}).json
        self.assertEqual(said(data), whole['choices'][0]['message']['content'])
        self.assertIn(Hook.ANSWER, said(data))
        all_chunks = chunks(data)
        self.assertEqual((all_chunks[0]['choices'][0]['delta'], all_chunks[-2]['choices'][0]['finish_reason'], all_chunks[-1]['usage']), ({'role': 'assistant', 'content': ''}, 'stop', whole['usage']))
        self.assertEqual({c['id'] for c in all_chunks}, {all_chunks[0]['id']})
        self.assertTrue(data.rstrip(b'\r\n0').endswith(b'data: [DONE]'), data[-100:])

    def test_who_leaves_is_noticed(self):
        before = self.server.metrics()['daogou_gone_total']
        s = self.begin()
        read_until(s, b'"delta":{"content":"')
        self.hook.wait()
        leave(s)
        wait_for(lambda: self.server.metrics()['daogou_gone_total'] > before, 'the server to notice')
        self.hook.go()
        wait_for(lambda: self.server.metrics()['daogou_streams'] == 0, 'the end of the stream')

    def test_cut(self):
        """A limit that ends inside of the first sentence, the list, nowhere."""
        self.hook.go()
        for limit in (1, 7, 40, 200, 100000):
            s = self.begin('想买个双肩包', max_tokens=limit, stream_options={'include_usage': True})
            got = chunks(read_all(s))
            s.close()
            whole = self.server.call('POST', '/v1/chat/completions', {'model': 'daogou-guide', 'max_tokens': limit, 'messages': [{'role': 'user', 'content': '想买个双肩包'}]}).json
            text = ''.join(c['choices'][0]['delta'].get('content', '') for c in got if c['choices'])
            self.assertEqual((text, got[-2]['choices'][0]['finish_reason']), (whole['choices'][0]['message']['content'], whole['choices'][0]['finish_reason']))
            self.assertLessEqual(got[-1]['usage']['completion_tokens'], limit)

    def test_failure_before_the_first_has_its_status(self):
        server = Server('--deadline', '1')
        self.addCleanup(server.close)
        answers = [server.call('POST', '/v1/chat/completions', {**CHAT, 'stream': True}) for _ in range(5)]
        self.assertIn(503, {a.status for a in answers})

    def test_failure_after_it_is_a_chunk(self):
        server = Server('--deadline', '1500', '--order-hook', self.hook.program)
        self.addCleanup(server.close)
        self.server, kept = server, self.server
        self.addCleanup(setattr, self, 'server', kept)
        s = self.begin('我的订单 20261126001 到哪了？另外想买个双肩包，500以内。')
        data = read_all(s)   # the hook is never let go, so that it is killed, a sentence about it leaves, and the time is over before products are found
        s.close()
        self.assertEqual(statuses(data), [200])
        self.assertEqual(chunks(data)[-1].get('error', {}).get('code'), 'deadline', said(data)[:300])
        self.assertTrue(said(data))
        self.assertNotIn('[DONE]', data.decode()[-500:])


class Doors(unittest.TestCase):
    def test_keys_are_required(self):
        server = Server('--require-key')
        try:
            for path, body in (('/mcp', rpc('ping')), ('/v1/chat/completions', CHAT), ('/ucp/catalog/lookup', {'ids': ['x']})):
                self.assertEqual(server.call('POST', path, body).status, 401)
                self.assertNotEqual(server.call('POST', path, body, key='shopper').status, 401)
            self.assertEqual(server.call('GET', '/.well-known/ucp').status, 200)
        finally:
            server.close()

    def test_an_empty_shop(self):
        server = Server(empty=True)
        try:
            a = server.call('POST', '/v1/chat/completions', CHAT)
            self.assertEqual((a.status, a.error['code']), (503, 'not_ready'))
            self.assertTrue(Client(server).tool('search_catalog', query='x')['isError'])
            self.assertEqual(server.call('POST', '/ucp/catalog/search', {'query': 'x'}).status, 503)
            self.assertEqual(server.call('POST', '/ucp/catalog/lookup', {'ids': ['x']}).json['products'], [])
            self.assertEqual(server.call('GET', '/feeds/google.xml', key='merchant').status, 200)
        finally:
            server.close()


if __name__ == '__main__':
    unittest.main()
