"""openapi.json is true: every operation is called as it says, with valid bodies and with each property wrongly typed."""
import copy
import json
import os
import re
import unittest

from chat_http import NEED, Browser
from harness import ROOT, Server, events, wait_for

PROTOCOLS = ('/mcp', '/ucp/', '/.well-known/', '/v1/chat/completions', '/v1/embeddings', '/v1/models')   # of others, with errors of their own: tests/protocols
METHODS = ('get', 'post', 'put', 'delete')
WRONG = {'string': 7, 'integer': 'seven', 'boolean': 'yes', 'array': 'one', 'object': 'one', 'number': 'one'}


def load():
    with open(os.path.join(ROOT, 'src', 'server', 'openapi.json')) as f:
        return json.load(f)


class Checker:
    """As much of JSON Schema as the description uses."""
    def __init__(self, api):
        self.schemas = api['components']['schemas']

    def errors(self, value, schema, where='$'):
        if '$ref' in schema:
            return self.errors(value, self.schemas[schema['$ref'].split('/')[-1]], where)
        kinds = schema.get('type')
        kinds = [kinds] if isinstance(kinds, str) else kinds or []
        python = {'string': str, 'integer': int, 'number': (int, float), 'boolean': bool, 'array': list, 'object': dict, 'null': type(None)}
        fits = not kinds or any(isinstance(value, python[k]) and (k == 'boolean' or not isinstance(value, bool)) for k in kinds)
        found = [] if fits else [f'{where}: {value!r} is no {kinds}']
        if 'enum' in schema and value not in schema['enum']:
            found.append(f'{where}: {value!r} is none of {schema["enum"]}')
        if isinstance(value, dict) and 'properties' in schema:
            found += [f'{where}: {k} is missing' for k in schema.get('required', []) if k not in value]
            for k, v in value.items():
                if k in schema['properties']:
                    found += self.errors(v, schema['properties'][k], f'{where}.{k}')
                elif schema.get('additionalProperties') is False:
                    found.append(f'{where}: {k} is not described')
        if isinstance(value, list) and 'items' in schema:
            for i, v in enumerate(value):
                found += self.errors(v, schema['items'], f'{where}[{i}]')
        return found


class Api(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.api = load()
        cls.server = Server()
        cls.browser = Browser(cls.server)
        s = cls.server
        got = events(s.call('POST', '/v1/chat', NEED, {'Accept': 'text/event-stream'}, key='admin').body.decode())
        chat = {'dialogue': got[0][2]['id']}
        cls.ids = {'/v1/chat/{id}': chat['dialogue'], '/v1/products/{id}': 'OD-1015', '/v1/documents/{id}': 'extra.en.md', '/v1/promotions/{id}': 'T-9', '/v1/keys/{id}': 'none',
                   '/v1/shoppers/{id}': 'none', '/assets/{name}': 'none.js', '/feeds/{name}': 'google.tsv', '/v1/models/{id}': 'daogou-guide'}
        s.call('GET', f'/v1/chat/{chat["dialogue"]}', key='admin')   # kept by now
        text = s.call('POST', '/v1/write', {'product': 'KT-1011', 'style': 'plain', 'language': 'zh'}, admin=True, key='admin').json['texts'][0]['text']
        cls.examples = {('post', '/v1/feedback'): {'dialogue': chat['dialogue'], 'turn': 1, 'verdict': 'up', 'reason': ''}, ('post', '/v1/copy'): {'product': 'KT-1011', 'text': text},
                        ('post', '/v1/login'): {'key': s.key('merchant')}}
        draft = s.call('POST', '/v1/copy', cls.examples['post', '/v1/copy'], admin=True, key='admin')
        assert draft.status == 201, draft.body
        cls.ids['/v1/copy/{id}'] = draft.json['id']
        job = s.call('POST', '/v1/import?format=csv', 'id,title\nA-1,A mug\n', {'Content-Type': 'text/csv'}, admin=True, key='admin').json['job']
        cls.ids['/v1/jobs/{id}'] = job

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    def operations(self):
        for path, item in self.api['paths'].items():
            for method in METHODS:
                if method in item and not path.startswith(PROTOCOLS):
                    yield method, path, item[method]

    def path_of(self, path):
        for pattern, value in self.ids.items():
            if path == pattern or path.startswith(pattern + '/'):
                return re.sub(r'\{\w+\}', value, path, count=1)
        return path

    def call(self, method, path, op, body):
        return self.server.call(method.upper(), self.path_of(path), body, admin=True, key='admin' if op['x-scope'] != 'none' or path.startswith('/feeds/') else None)

    def json_body(self, method, path, op):
        content = op.get('requestBody', {}).get('content', {}).get('application/json')
        if not content:
            return None, None
        return content['schema'], copy.deepcopy(self.examples.get((method, path), content.get('example')))

    def test_valid(self):
        check = Checker(self.api)
        for method, path, op in sorted(self.operations(), key=lambda x: ('put', 'post', 'get', 'delete').index(x[0])):
            with self.subTest(method=method, path=path):
                schema, body = self.json_body(method, path, op)
                if path == '/v1/import':
                    body = 'id,title\nA-1,A mug\n'
                a = self.call(method, path, op, body)
                self.assertIn(str(a.status), op['responses'], a.body[:300])
                described = op['responses'][str(a.status)]
                if '$ref' in described:
                    described = self.api['components']['responses'][described['$ref'].split('/')[-1]]
                missing_page = path in ('/v1/products/{id}/picture', '/widget.js', '/console', '/assets/{name}', '/v1/keys/{id}', '/v1/shoppers/{id}')
                if not missing_page:
                    self.assertLess(a.status, 400, (path, a.body[:300]))
                content = described.get('content', {}).get('application/json')
                if content and a.headers['Content-Type'].startswith('application/json'):
                    self.assertEqual(check.errors(a.json, content['schema']), [])

    def wrong_bodies(self, schema, body):
        """(body, field that is wrong) for every property of the schema, and of the objects in it."""
        for name, p in schema['properties'].items():
            bad = copy.deepcopy(body)
            bad[name] = WRONG[p['type']]
            yield bad, name
            if name in schema.get('required', []):
                bad = copy.deepcopy(body)
                bad.pop(name, None)
                yield bad, name
            if 'enum' in p:
                yield {**body, name: 'no such word'}, name
            if p['type'] == 'string' and p.get('minLength', 0) > 0 and 'enum' not in p:
                yield {**body, name: ''}, name
            if 'maxLength' in p and p['maxLength'] < 20000:
                yield {**body, name: 'a' * (p['maxLength'] + 1)}, name
            if p['type'] == 'integer':
                yield {**body, name: p['maximum'] + 1}, name
                yield {**body, name: p['minimum'] - 1}, name
                yield {**body, name: 1.5}, name
            if p['type'] == 'array' and p['items'].get('type') == 'string':
                yield {**body, name: [7]}, name
                yield {**body, name: []}, name
            if p['type'] == 'object' and 'properties' in p:
                inner = body.get(name, {k: 'x' for k in p.get('required', [])})
                for part, field in self.wrong_bodies(p, inner):
                    yield {**body, name: part}, f'{name}.{field}'
        if schema.get('additionalProperties') is False:
            yield {**body, 'no_such_field': 1}, 'no_such_field'

    def test_wrongly_typed(self):
        tried = 0
        for method, path, op in self.operations():
            schema, body = self.json_body(method, path, op)
            if not schema or 'properties' not in schema:
                continue
            for bad, field in self.wrong_bodies(schema, body):
                with self.subTest(method=method, path=path, field=field, bad=str(bad)[:200]):
                    a = self.call(method, path, op, bad)
                    self.assertEqual(a.status, 400, a.body[:300])
                    self.assertEqual(a.error['field'], field)
                    self.assertIn(field, a.error['message'])
                    tried += 1
        self.assertGreater(tried, 80)

    def test_wrong_queries(self):
        for method, path, op in self.operations():
            for p in op.get('parameters', []):
                if p['in'] != 'query' or 'maximum' not in p['schema']:
                    continue
                for bad in ('x', '0', str(p['schema']['maximum'] + 1), '-1', '1.5'):
                    with self.subTest(path=path, parameter=p['name'], bad=bad):
                        a = self.server.call('GET', f'{self.path_of(path)}?{p["name"]}={bad}', admin=True, key='admin')
                        self.assertEqual((a.status, a.error['field']), (400, p['name']))

    def test_wrong_methods(self):
        for path, item in self.api['paths'].items():
            if path.startswith(PROTOCOLS):
                continue
            with self.subTest(path=path):
                a = self.server.call('PATCH', self.path_of(path), admin=True, key='admin')
                self.assertEqual(a.status, 405)
                self.assertEqual({m.strip().lower() for m in a.headers['Allow'].split(',')} - {'head'}, {m for m in METHODS if m in item} | self.others(path))

    def others(self, path):
        """Methods of a pattern that also fits this path."""
        return {'/v1/promotions/preview': {'get', 'put', 'delete'}, '/v1/copy/export': {'put'}, '/v1/chat/completions': {'get', 'delete'}}.get(path, set())

    def test_scopes_are_as_described(self):
        order = ['none', 'shopper', 'merchant', 'admin']
        for method, path, op in self.operations():
            scope = op['x-scope']
            if scope in ('none', 'shopper'):
                continue
            schema, body = self.json_body(method, path, op)
            below = order[order.index(scope) - 1]
            with self.subTest(method=method, path=path):
                a = self.server.call(method.upper(), self.path_of(path), body, admin=True, key=below)
                self.assertEqual(a.status, 403, a.body[:200])
                self.assertEqual(self.server.call(method.upper(), self.path_of(path), body, admin=True).status, 401)
                self.assertEqual(self.server.call(method.upper(), self.path_of(path), body, key='admin').status, 404)

    def test_every_schema_is_used(self):
        text = json.dumps(self.api)
        for name in self.api['components']['schemas']:
            self.assertIn(f'#/components/schemas/{name}"', text)


class Pages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    def test_cursor_walks_the_catalogue(self):
        for query in ('', '&category=%E6%88%B7%E5%A4%96%E8%BF%90%E5%8A%A8', '&query=%E8%83%8C%E5%8C%85'):
            with self.subTest(query=query):
                seen, after = [], ''
                while True:
                    page = self.server.call('GET', f'/v1/products?limit=7{query}{after}').json
                    seen += [p['id'] for p in page['items']]
                    if page['next'] is None:
                        break
                    after = f'&after={page["next"]}'
                self.assertEqual(len(seen), len(set(seen)))
                self.assertGreater(len(seen), 7)
                if not query:
                    self.assertEqual(len(seen), 328)
        self.assertEqual(self.server.call('GET', '/v1/products?after=x').error['field'], 'after')

    def test_assets(self):
        a = self.server.call('GET', '/openapi.json')
        self.assertEqual(a.json, load())
        b = self.server.call('GET', '/openapi.json', headers={'If-None-Match': a.headers['ETag']})
        self.assertEqual((b.status, b.body), (304, b''))
        import gzip
        c = self.server.call('GET', '/openapi.json', headers={'Accept-Encoding': 'br, gzip;q=0.5'})
        self.assertEqual(c.headers['Content-Encoding'], 'gzip')
        self.assertEqual(gzip.decompress(c.body), a.body)
        self.assertEqual(c.headers['Vary'], 'Accept-Encoding')
        self.assertNotIn('Content-Encoding', self.server.call('GET', '/openapi.json', headers={'Accept-Encoding': 'gzip;q=0'}).headers)
        self.assertEqual(self.server.call('GET', '/openapi.json', headers={'If-None-Match': c.headers['ETag'], 'Accept-Encoding': 'gzip'}).status, 304)

    def test_documents_are_answered_from(self):
        s = self.server
        a = s.call('PUT', '/v1/documents/wrapping.en.md', {'title': 'Gift wrapping', 'text': '## Gift wrapping\n\nGift wrapping costs 5 yuan an order and takes one day longer.\n'}, admin=True, key='merchant')
        self.assertEqual((a.status, a.json['changed']), (201, True))
        say = lambda: s.call('POST', '/v1/chat', {'text': 'Can you gift wrap my order?'}).json['text']
        wait_for(lambda: '5 yuan' in say(), 'an answer from the new document')
        got = s.call('GET', '/v1/documents/wrapping.en.md', admin=True, key='merchant').json
        self.assertIn('5 yuan', got['text'])
        self.assertEqual(s.call('PUT', '/v1/documents/wrapping.en.md', {'text': got['text']}, admin=True, key='merchant').status, 200)
        self.assertEqual(s.call('DELETE', '/v1/documents/wrapping.en.md', admin=True, key='merchant').status, 204)
        for bad in ('x.txt', '..md', '.md', 'a%20b.md', '%2e%2e%2fx.md'):
            with self.subTest(name=bad):
                self.assertEqual(s.call('PUT', f'/v1/documents/{bad}', {'text': 'x'}, admin=True, key='merchant').status, 400)

    def test_promotions_change_the_cart(self):
        s = self.server
        promotion = {'name': '立减十一', 'name_en': '11 off', 'kind': 'reduce', 'scope': {'products': ['OD-1012']}, 'currency': 'CNY', 'tiers': [{'amount': '150.00', 'off': '111.00'}], 'excludes': ['*']}
        preview = s.call('POST', '/v1/promotions/preview', {'promotion': {'id': 'T-11', **promotion}, 'cart': {'items': [{'product': 'OD-1012'}]}}, admin=True, key='merchant')
        self.assertEqual(preview.status, 200, preview.body)
        self.assertEqual(float(preview.json['before']) - float(preview.json['total']), 111)
        self.assertEqual(s.call('PUT', '/v1/promotions/T-11', promotion, admin=True, key='merchant').status, 201)
        def total():
            d = s.call('POST', '/v1/chat', {'text': '双肩包'}, key='shopper').json['dialogue']
            return s.call('POST', f'/v1/chat/{d}/cart', {'product': 'OD-1012', 'quantity': 1}, key='shopper').json['total']
        wait_for(lambda: total().startswith('78'), 'the new price')
        self.assertEqual(s.call('DELETE', '/v1/promotions/T-11', admin=True, key='merchant').status, 204)
        bad = s.call('PUT', '/v1/promotions/T-12', {**promotion, 'scope': {'products': ['no-such']}}, admin=True, key='merchant')
        self.assertEqual(bad.status, 400)
        self.assertNotIn('upload', bad.error['message'])

    def test_copy_is_held_to_the_record(self):
        s = self.server
        bad = s.call('POST', '/v1/copy', {'product': 'KT-1011', 'text': '全网销量第一的钛合金保温杯，终身质保。'}, admin=True, key='merchant')
        self.assertEqual((bad.status, bad.error['field']), (422, 'text'), bad.body)
        text = s.call('POST', '/v1/write', {'product': 'KT-1011', 'style': 'plain', 'language': 'zh'}, admin=True, key='merchant').json['texts'][0]['text']
        draft = s.call('POST', '/v1/copy', {'product': 'KT-1011', 'text': text}, admin=True, key='merchant').json
        self.assertEqual(draft['state'], 'draft')
        self.assertEqual(s.call('PUT', f'/v1/copy/{draft["id"]}', {'text': text + '获得诺贝尔奖推荐，防水100米。'}, admin=True, key='merchant').status, 422)
        self.assertEqual(s.call('PUT', f'/v1/copy/{draft["id"]}', {'state': 'approved'}, admin=True, key='merchant').json['state'], 'approved')
        lines = s.call('GET', '/v1/copy/export', admin=True, key='merchant').body.decode().splitlines()
        self.assertIn(draft['id'], [json.loads(x)['id'] for x in lines])


class Catalogue(unittest.TestCase):
    """Categories, kinds of files, carts tried: on a server of their own, because they take a while and change the shop."""
    @classmethod
    def setUpClass(cls):
        cls.server = Server()

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    def test_categories(self):
        items = self.server.call('GET', '/v1/categories?limit=100&language=en').json['items']
        self.assertGreater(len(items), 20)
        counts = [k['products'] for k in items]
        self.assertEqual(counts, sorted(counts, reverse=True))
        for k in items:
            self.assertTrue(k['category'].startswith(k['department']) and k['category'].endswith(k['name']), k)
        first = items[0]
        sample = self.server.call('GET', f'/v1/products/{first["sample"]}?language=en').json
        self.assertEqual((sample['category'], sample['stock'] == 0), (first['category'], False))
        self.assertEqual(len(self.server.call('GET', '/v1/categories?limit=3').json['items']), 3)
        of_zh = {k['sample']: k['category'] for k in self.server.call('GET', '/v1/categories?limit=100&language=zh').json['items']}
        self.assertNotEqual(of_zh[first['sample']], first['category'])

    def test_categories_follow_the_catalogue(self):
        server = Server(empty=True)
        self.addCleanup(server.close)
        self.assertEqual(server.call('GET', '/v1/categories').json, {'items': []})
        for n, text in ((1, 'id,title,category\nM-1,A mug,Kitchen > Mugs\n'), (2, 'id,title,category\nM-2,Another mug,Kitchen > Mugs\nM-3,No kind,\n')):
            job = server.call('POST', '/v1/import', text, {'Content-Type': 'text/csv'}, admin=True, key='merchant').json['job']
            wait_for(lambda: server.call('GET', f'/v1/jobs/{job}', admin=True, key='merchant').json['state'] == 'done', 'the import')
            self.assertEqual(server.call('GET', '/v1/categories').json['items'], [{'category': 'Kitchen > Mugs', 'name': 'Mugs', 'department': 'Kitchen', 'products': n, 'sample': 'M-1'}])

    def test_formats(self):
        def job(body, name):
            a = self.server.call('POST', f'/v1/import?format={name}', body, {'Content-Type': 'text/plain'}, admin=True, key='admin')
            self.assertEqual(a.status, 202, a.body)
            return wait_for(lambda: (j := self.server.call('GET', f'/v1/jobs/{a.json["job"]}', admin=True, key='admin').json)['state'] in ('done', 'failed') and j, 'the import')
        shopify = 'Handle,Title,Option1 Name,Option1 Value,Variant Price\nz-mug,Z mug,Size,S,12.00\n'
        google = 'id\ttitle\tlink\timage_link\tavailability\nz-1\tZ cup\thttps://x.example/1\thttps://x.example/1.png\tin stock\n'
        xml = '<rss version="2.0" xmlns:g="http://base.google.com/ns/1.0"><channel><item><g:id>z-2</g:id><g:title>Z pan</g:title></item></channel></rss>'
        ld = '{"@context":"https://schema.org","@type":"Product","sku":"z-3","name":"Z pot"}'
        for body, name in ((shopify, 'shopify'), (google, 'google-tsv'), (xml, 'google-xml'), (ld, 'schema.org'), ('id,title\nz-4,Z lid\n', 'csv'), ('{"id":"z-5","title":"Z tin"}\n', 'jsonl')):
            j = job(body, 'auto')
            self.assertEqual((j['state'], j['format'], j['result']['added']), ('done', name, 1), j)
            self.assertEqual(job(body, name)['result']['unchanged'], 1)
        for body, name in ((shopify, 'woocommerce'), ('id,title\nz-4,Z lid\n', 'shopify'), (google, 'shopify'), ('id\ttitle\nz\tq\n', 'google-tsv')):
            self.assertRegex(job(body, name).get('message', ''), '^not .* but ')
        j = job(ld, 'acp')
        self.assertEqual((j['result']['rejected'], j['result']['added']), (1, 0), j)

    def test_preview_of_members_and_coupons(self):
        rule = {'id': 'T-1', 'name': '金卡八折', 'name_en': 'gold', 'kind': 'percent', 'scope': {'all': True}, 'percent_off': 20, 'members': ['gold'], 'currency': 'CNY'}
        gift = {'id': 'T-2', 'name': '送', 'name_en': 'gift', 'kind': 'gift', 'scope': {'products': ['OD-1015']}, 'tiers': [{'count': 1}], 'gift': 'KT-1011', 'currency': 'CNY'}

        def price(promotion, **cart):
            a = self.server.call('POST', '/v1/promotions/preview', {'promotion': promotion, 'cart': {'items': [{'product': 'OD-1015'}], **cart}}, admin=True, key='admin')
            self.assertEqual(a.status, 200, a.body)
            return a.json
        plain, gold = price(rule), price(rule, member='gold')
        self.assertEqual((float(gold['total']) < float(plain['total']), [u['id'] for u in gold['promotions']][:1]), (True, ['T-1']))
        title = self.server.call('GET', '/v1/products/OD-1015?language=en').json['title']
        self.assertEqual((plain['lines'][0]['title_en'], plain['coupons']), (title, []))
        answers = {c['code']: c['reason'] for c in price(rule, coupons=['HEYU15', 'NONE'])['coupons']}
        self.assertEqual((answers['NONE'], answers['HEYU15'] != 'applied'), ('unknown', True), answers)
        self.assertEqual({c['code']: c['reason'] for c in price(rule, coupons=['HEYU15'], new_customer=True)['coupons']}, {'HEYU15': 'applied'})
        self.assertNotIn('KT-1011', [u['text'] for u in price(gift)['promotions'] if u['id'] == 'T-2'][0])
        a = self.server.call('POST', '/v1/promotions/preview', {'promotion': rule, 'cart': {'items': [{'product': 'OD-1015'}], 'coupons': ['x'] * 9}}, admin=True, key='admin')
        self.assertEqual((a.status, a.error['field']), (400, 'cart.coupons'))


if __name__ == '__main__':
    unittest.main()
