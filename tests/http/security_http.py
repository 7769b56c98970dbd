"""Keys, scopes, cookies, CSRF, the two listeners, rate limits, headers, what of a shopper is kept and erased."""
import json
import os
import stat
import unittest

from chat_http import NEED, Browser
from harness import Server, run, wait_for


class Security(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server('--allow-origin', 'https://shop.example')

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    def test_scopes(self):
        s = self.server
        for scope, path, code in ((None, '/v1/reports', 401), ('shopper', '/v1/reports', 403), ('merchant', '/v1/reports', 200), ('admin', '/v1/reports', 200), ('merchant', '/v1/keys', 403), ('admin', '/v1/keys', 200),
                                  ('shopper', '/v1/products', 200), (None, '/v1/products', 200)):
            with self.subTest(scope=scope, path=path):
                self.assertEqual(s.call('GET', path, admin=True, key=scope).status, code)
        for bad in ('Bearer dg_' + 'a' * 43, 'Bearer ', 'Basic dXNlcjpwYXNz', 'Bearer ' + 'x' * 500, "Bearer ' OR 1=1 --"):
            with self.subTest(authorization=bad):
                self.assertEqual(s.call('GET', '/v1/products', headers={'Authorization': bad}).status, 401)

    def test_admin_paths_are_not_public(self):
        for path in ('/v1/reports', '/v1/keys', '/metrics', '/console', '/v1/documents', '/v1/audit'):
            with self.subTest(path=path):
                self.assertEqual(self.server.call('GET', path, key='admin').status, 404)

    def test_keys_over_http(self):
        s = self.server
        made = s.call('POST', '/v1/keys', {'scope': 'merchant', 'label': 'Li'}, admin=True, key='admin')
        self.assertEqual(made.status, 201)
        use = {'Authorization': 'Bearer ' + made.json['key']}
        self.assertEqual(s.call('GET', '/v1/copy', headers=use, admin=True).status, 200)
        with open(s.db, 'rb') as f:
            self.assertNotIn(made.json['key'][3:].encode(), f.read())
        self.assertEqual(s.call('DELETE', f'/v1/keys/{made.json["id"]}', admin=True, key='admin').status, 204)
        self.assertEqual(s.call('GET', '/v1/copy', headers=use, admin=True).status, 401)
        self.assertEqual(s.call('DELETE', f'/v1/keys/{made.json["id"]}', admin=True, key='admin').status, 404)
        actions = [x['action'] for x in s.call('GET', '/v1/audit', admin=True, key='admin').json['items']]
        self.assertEqual(actions[:2], ['key revoked', 'key added'])

    def test_revoked_by_the_command(self):
        made = json.loads(run('--db', self.server.db, '--json', '--quiet', 'keys', 'add', '--scope', 'merchant'))
        use = {'Authorization': 'Bearer ' + made['key']}
        self.assertEqual(self.server.call('GET', '/v1/copy', headers=use, admin=True).status, 200)
        run('--db', self.server.db, 'keys', 'revoke', made['id'])
        self.assertEqual(self.server.call('GET', '/v1/copy', headers=use, admin=True).status, 401)

    def sign_in(self, scope='merchant'):
        a = self.server.call('POST', '/v1/login', {'key': self.server.key(scope)}, admin=True)
        self.assertEqual(a.status, 200, a.body)
        cookie = a.headers['Set-Cookie']
        self.assertIn('HttpOnly; SameSite=Strict', cookie)
        return cookie.split(';')[0], a.json['csrf']

    def test_staff_cookie(self):
        s = self.server
        cookie, csrf = self.sign_in()
        self.assertEqual(s.call('GET', '/v1/reports', headers={'Cookie': cookie}, admin=True).status, 200)
        self.assertEqual(s.call('POST', '/v1/reload', headers={'Cookie': cookie}, admin=True).error['code'], 'csrf')
        self.assertEqual(s.call('POST', '/v1/reload', headers={'Cookie': cookie, 'X-CSRF-Token': csrf}, admin=True).status, 200)
        self.assertEqual(s.call('GET', '/v1/session', headers={'Cookie': cookie}).json['scope'], 'shopper')   # the public listener knows no staff
        name, value = cookie.split('=', 1)
        for forged in (value[:-1] + ('0' if value[-1] != '0' else '1'), value.replace('.', '.9', 1), 'a.b.c', '', value.split('.')[0]):
            with self.subTest(cookie=forged):
                self.assertEqual(s.call('GET', '/v1/reports', headers={'Cookie': f'{name}={forged}'}, admin=True).status, 401)
        self.assertEqual(s.call('POST', '/v1/login', {'key': s.key('shopper')}, admin=True).status, 401)
        self.assertEqual(s.call('POST', '/v1/login', {'key': 'dg_no'}, admin=True).status, 401)

    def test_csrf_of_shoppers(self):
        b = Browser(self.server)
        cookie = {'Cookie': b.headers['Cookie']}
        self.assertEqual(self.server.call('POST', '/v1/match', {'need': '帐篷'}, cookie).error['code'], 'csrf')
        self.assertEqual(self.server.call('POST', '/v1/match', {'need': '帐篷'}, {**cookie, 'X-CSRF-Token': '0' * 64}).status, 403)
        other = Browser(self.server)
        self.assertEqual(self.server.call('POST', '/v1/match', {'need': '帐篷'}, {**cookie, 'X-CSRF-Token': other.headers['X-CSRF-Token']}).status, 403)
        self.assertEqual(b.call('POST', '/v1/match', {'need': '帐篷'}).status, 200)

    def test_forged_shopper(self):
        b = Browser(self.server)
        d = b.call('POST', '/v1/chat', NEED).json['dialogue']
        value = b.headers['Cookie'].split('=', 1)[1]
        forged = value.split('.')[0] + '.' + '0' * 64
        self.assertEqual(self.server.call('GET', f'/v1/chat/{d}', headers={'Cookie': f'dg_shopper={forged}'}).status, 404)

    def test_headers(self):
        a = self.server.call('GET', '/')
        for name in ('Content-Security-Policy', 'X-Content-Type-Options', 'Referrer-Policy', 'X-Frame-Options', 'X-Request-Id'):
            self.assertIn(name, a.headers)
        self.assertNotIn('unsafe-inline', a.headers['Content-Security-Policy'])
        self.assertIn('SameSite=Lax', a.headers['Set-Cookie'])
        self.assertEqual(self.server.call('GET', '/v1/session').headers['Cache-Control'], 'no-store')

    def test_ids_are_passed_on(self):
        trace = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
        a = self.server.call('GET', '/healthz', headers={'X-Request-Id': 'abc-1', 'traceparent': trace})
        self.assertEqual((a.headers['X-Request-Id'], a.headers['traceparent']), ('abc-1', trace))
        a = self.server.call('GET', '/healthz', headers={'X-Request-Id': 'a b', 'traceparent': 'x'})
        self.assertNotEqual(a.headers['X-Request-Id'], 'a b')
        self.assertNotIn('traceparent', a.headers)
        wait_for(lambda: 'abc-1' in open(self.server.log).read(), 'the log')
        line = next(json.loads(x) for x in open(self.server.log) if 'abc-1' in x)
        self.assertEqual((line['path'], line['status'], line['trace'], line['complete']), ('/healthz', 200, trace, True))

    def test_log_has_no_secrets(self):
        self.server.call('GET', '/v1/products?query=secret-need', key='shopper')
        wait_for(lambda: '/v1/products' in open(self.server.log).read(), 'the log')
        text = open(self.server.log).read()
        self.assertNotIn('secret-need', text)
        self.assertNotIn(self.server.key('shopper'), text)

    def test_other_sites(self):
        good, bad = {'Origin': 'https://shop.example'}, {'Origin': 'https://evil.example'}
        ask = {'Access-Control-Request-Method': 'POST'}
        self.assertEqual(self.server.call('OPTIONS', '/v1/chat', headers={**good, **ask}).status, 204)
        self.assertEqual(self.server.call('OPTIONS', '/v1/chat', headers={**bad, **ask}).status, 405)
        self.assertEqual(self.server.call('GET', '/v1/session', headers=good).headers['Access-Control-Allow-Origin'], 'https://shop.example')
        self.assertNotIn('Access-Control-Allow-Origin', self.server.call('GET', '/v1/session', headers=bad).headers)

    def test_secret_file(self):
        mode = os.stat(self.server.db + '.secret').st_mode
        self.assertEqual(stat.S_IMODE(mode), 0o600)

    def test_one_shopper_out_and_away(self):
        b = Browser(self.server)
        d = b.call('POST', '/v1/chat', NEED).json
        b.call('POST', '/v1/events', {'kind': 'view', 'product': d['cards'][0]['id']})
        b.call('POST', '/v1/feedback', {'dialogue': d['dialogue'], 'turn': 1, 'verdict': 'up'})
        shopper = b.call('GET', '/v1/session').json['shopper']
        path = f'/v1/shoppers/{shopper}'
        self.assertEqual(self.server.call('GET', path, admin=True, key='merchant').status, 403)
        out = self.server.call('GET', path, admin=True, key='admin').json
        self.assertEqual(out['dialogues'][0]['turns'][0]['said'], NEED['text'])
        self.assertEqual((len(out['events']), len(out['feedback'])), (1, 1))
        self.assertEqual(self.server.call('DELETE', path, admin=True, key='admin').status, 204)
        self.assertEqual(self.server.call('GET', path, admin=True, key='admin').status, 404)
        self.assertEqual(b.call('GET', f'/v1/chat/{d["dialogue"]}').status, 404)
        self.assertNotIn(d['dialogue'], run('--db', self.server.db, 'chat', '--list'))


class Limits(unittest.TestCase):
    def test_rate(self):
        server = Server('--burst', '5', rate=0.5)
        try:
            codes = [server.call('GET', '/v1/session').status for _ in range(8)]
            self.assertEqual(codes[:5], [200] * 5)
            self.assertIn(429, codes)
            a = next(a for a in (server.call('GET', '/v1/session') for _ in range(9)) if a.status == 429)
            self.assertGreaterEqual(int(a.headers['Retry-After']), 1)
            self.assertEqual(server.call('GET', '/healthz').status, 200)   # whoever watches is not limited
            self.assertGreaterEqual(server.metrics()['daogou_rate_limited_total'], 2)
        finally:
            server.close()

    def test_key_required(self):
        server = Server('--require-key')
        try:
            self.assertEqual(server.call('POST', '/v1/match', {'need': '帐篷'}).status, 401)
            b = Browser(server)
            self.assertEqual(b.call('POST', '/v1/match', {'need': '帐篷'}).status, 401)
            self.assertEqual(server.call('POST', '/v1/match', {'need': '帐篷'}, key='shopper').status, 200)
        finally:
            server.close()


if __name__ == '__main__':
    unittest.main()
