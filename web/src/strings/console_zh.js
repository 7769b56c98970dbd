const count = (n, one) => `${n.toLocaleString('zh')} ${one}`;

export default {
  title: '后台', skip: '跳到正文', signIn: '登录', key: '密钥', keyHint: '用 daogou keys add --scope merchant 生成，以 dg_ 开头。', signOut: '退出', needSignIn: '请先登录。', notStaff: '这是给顾客用的密钥；后台需要商家的密钥。',
  nav: { label: '后台的各部分', shop: '店铺', guide: '导购', figures: '数字', house: '管理', catalogue: '商品', import: '导入', documents: '文档', promotions: '优惠', try: '试一句', copy: '文案', reports: '报表', keys: '密钥和顾客' },
  loading: '正在读取…', empty: '这里还没有内容。', save: '保存', saved: '已保存。', remove: '删除', removed: '已删除。', cancel: '取消', edit: '编辑', add: '新建', back: '返回', next: '下一页', first: '第一页', reallyRemove: (what) => `要删除“${what}”吗？删了就找不回来。`, search: '查找', retry: '再试一次', of: '/', done: '完成。',
  catalogue: { lead: '导购知道的每一件商品。这里没有的，它不会说。', query: '字词或编号', category: '类目', brand: '品牌', id: '编号', product: '商品', price: '价格', stock: '库存', field: '栏目', value: '内容', soldOut: '售罄', none: '没有商品含有这些字。', write: '写文案', attributes: '属性', attributesEn: '属性（英文）' },
  import: {
    lead: '一个文件要么整个导入，要么出错时一点不动。用不了的行会列出原因。', file: '文件：CSV、TSV、JSON Lines，或 daogou 认识的其他格式', choose: '选一个文件', drop: '或拖到这里', format: '格式', auto: '自动识别', start: '导入',
    state: { queued: '排队中', running: '进行中', done: '完成', failed: '失败' }, result: { read: '读到', added: '新增', updated: '更新', unchanged: '未变', rejected: '拒绝' }, errors: '被拒绝的行', line: '行', field: '栏目', reason: '原因', reload: '更新索引和模型', reloaded: '新的索引已经启用。',
  },
  try: { lead: '看导购怎么听懂一句话，每个候选各得几分。低于分数线的不会给顾客看。', need: '用顾客的话说一句', go: '试试', example: '三百以内、两个人用的轻便帐篷', understood: '听懂了', none: '没有条件', hard: '必须守住', soft: '偏好', terms: '词', candidates: '候选', product: '商品', fit: '合适', below: '低于分数线', reasons: '理由', not: '不要', corrected: '已纠正', times: '用时', stage: '步骤' },
  copy: { lead: '每段文字都先逐句核对过商品资料才给您看。您改过的保存时再核对一遍：资料里没有的话不收。', product: '商品编号', need: '写给谁、什么用处（可不填）', language: '语言', n: '写几段', write: '写', texts: '备选', facts: '出处', keep: '存为草稿', kept: '已存为草稿。', drafts: '草稿和已定稿', text: '文字', state: '状态', states: { draft: '草稿', approved: '已定稿' }, approve: '定稿', withdraw: '退回草稿', approved: '已定稿。', export: '导出已定稿', moderation: '审核', edited: '改过' },
  documents: { lead: '店里的规定和常见问题。导购逐字引用并注明出处，答不了的就转给人。', name: '文件名（delivery.zh.md）', title: '标题', kind: '类型', kinds: { markdown: 'Markdown', faq: '问答' }, text: '正文', language: '语言', passages: '段落' },
  promotions: { lead: '规则的写法见 docs/promotions.md。算法精确到分；保存前先用一个购物车试算。', id: '编号', name: '名称', kind: '种类', from: '从', to: '到', state: '状态', states: { running: '进行中', coming: '未开始', over: '已结束' }, json: '这条优惠（JSON）', badJson: (m) => `不是有效的 JSON：${m}`, preview: '用购物车试算', items: '购物车：一行一件，“编号 × 件数”', show: '试算', noItems: '购物车里至少要有一件商品。', always: '一直' },
  reports: { lead: '最近几天，出自这台服务器自己的记录。', days: '天数', without: '没有结果的需求', withoutLead: '顾客问了、店里拿不出来的。进货可以参考。', need: '需求', times: '次数', conversion: '从对话到购买', dialogues: '对话', carts: '加购', purchases: '购买', latency: '各步用时', stage: '步骤', inTurn: (name) => `对话：${name}`, p50: '一半在', p95: '95% 在', n: '样本', feedback: '评价', up: '赞', down: '踩', day: '日期', asTable: '同样的数据，表格', requests: '请求数', noData: '这几天还没有记录。', ms: (v) => `${v < 10 ? v.toFixed(1) : Math.round(v)} 毫秒` },
  keys: { lead: '密钥只在生成时显示一次，服务器只留它的散列值。', name: '给谁用', scope: '权限', scopes: { shopper: '购物', merchant: '管店', admin: '全部' }, make: '生成密钥', made: '这个密钥只显示这一次，请妥善保存：', list: '密钥', id: '编号', created: '生成于', revoke: '作废', revoked: '已作废', person: '某位顾客的数据', personLead: '店里留着的一位顾客的全部数据：可以导出给本人，也可以删除。', shopper: '顾客编号（她的 GET /v1/session 里有）', export: '导出', erase: '删除', erased: '已删除。', audit: '操作记录', who: '谁', what: '做了什么', when: '时间', target: '对象' },
  count,
};
