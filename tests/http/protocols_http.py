"""The protocols of others, without their clients: who may, an empty shop, random and hostile messages. The clients' own tests: scripts/check-protocols."""
import json
import os
import random
import unittest

from harness import Server, run

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
