// URLs that must be refused as webhook targets, by the reason, and public ones that must not be.

/** Every spelling stands for the whole URL; all are refused in production. */
export const REFUSED_TARGETS: Readonly<Record<string, readonly string[]>> = {
  'no absolute URL': [
    '',
    'example.com',
    '//example.com/hook',
    '/hook',
    'https',
    'https:',
    'https:/example.com',
    'https:example.com',
    'https:///example.com',
    'https://',
    'https://?a',
    'https:// /',
    'https://[::1',
    'https://[zz]/',
    'https://exa<mple.com/',
    'https://exa%zzmple.com/',
    'https://example.com:99999/',
    'https://example.com:a/',
    'https://1.2.3.4.5/',
    'https://256.256.256.256/',
    'https://1.2.999999999/',
    'https://[fe80::1%25eth0]/',
    'https://[fe80::1%eth0]/',
  ],

  'another scheme': [
    'http://hooks.example.com/',
    'HTTP://hooks.example.com/',
    'ftp://hooks.example.com/',
    'ws://hooks.example.com/',
    'wss://hooks.example.com/',
    'file:///etc/passwd',
    'file://hooks.example.com/etc/passwd',
    'data:text/plain,hello',
    'javascript:alert(1)',
    'blob:https://hooks.example.com/1',
    'gopher://hooks.example.com:70/_x',
    'dict://hooks.example.com:11211/',
    'mailto:a@example.com',
    'about:blank',
    'httpss://hooks.example.com/',
    'view-source:https://hooks.example.com/',
  ],

  'too long': [
    `https://hooks.example.com/${'a'.repeat(2023)}`,
    `https://hooks.example.com/?${'a'.repeat(10_000)}`,
  ],

  'user information': [
    'https://user@hooks.example.com/',
    'https://user:pass@hooks.example.com/',
    'https://:pass@hooks.example.com/',
    'https://@hooks.example.com/',
    'https://:@hooks.example.com/',
    'https://hooks.example.com@127.0.0.1/',
    'https://hooks.example.com:443@other.example.com/',
    'https://a@b@hooks.example.com/',
    'https://user%40x@hooks.example.com/',
  ],

  fragment: [
    'https://hooks.example.com/#a',
    'https://hooks.example.com/#',
    'https://hooks.example.com#a',
    'https://hooks.example.com/?a#b',
    'https://hooks.example.com#@127.0.0.1/',
  ],

  'characters that URL() drops or turns': [
    ' https://hooks.example.com/',
    'https://hooks.example.com/ ',
    '\thttps://hooks.example.com/',
    'https://hooks.example.com/\n',
    'https://hooks.exa\tmple.com/',
    'https://hooks.example.com/a\r\nX: y',
    'ht\ntps://hooks.example.com/',
    'https://hooks.example.com/a b',
    'https://hooks.example.com/\u0000',
    'https://hooks.example.com/\u001f',
    'https://hooks.example.com/\u007f',
    'https://hooks.example.com/\u0085',
    'https://hooks.example.com/\u00a0',
    'https://hooks.example.com/\u2028',
    'https://hooks.example.com/\u3000',
    'https://hooks.example.com/\ufeff',
    'https://hooks.example.com/\u202e',
    'https://hooks.example.com/\ud800',
    'https://ho\u00adoks.example.com/',
    'https://hooks\u200b.example.com/',
    'https:\\\\hooks.example.com\\',
    'https://hooks.example.com\\@127.0.0.1/',
    'https://127.0.0.1\\.hooks.example.com/',
  ],

  'an IPv4 address': [
    ...hosts(`
      127.0.0.1  127.0.0.1:8443  127.1  127.0.1  127.0.0.1.  127.0.0.1..  127.0.0.1...  127.1..
      2130706433  2130706433.  2130706433..  0x7f000001  0x7F.1  0x7f.0x0.0x0.0x1  0x7f.1..
      0x7f000001..  017700000001  0177.0.0.1  0177.0.0.01  127.0.0.0x1  127.0x1  127.0x..  0  0.0.0.0  0x
      0x0  00000000  10.0.0.1  10.1  172.16.0.1  192.168.1.1  192.168.257  2852039166
      0xa9fea9fe  0xa9.0xfe.0xa9.0xfe  0251.0376.0251.0376  169.254.43518  100.100.100.200
      168.63.129.16  8.8.8.8  1.1.1.1  1.1  255.255.255.255  4294967295  %31%32%37.0.0.1
      127%2e0%2e0%2e1  %30x7f.1
    `),
    'https://127.0.0.1',
    'https://169.254.169.254/latest/meta-data/',
    'https://\uff11\uff12\uff17.0.0.1/',
    'https://\uff11\uff12\uff17\u3002\uff10\u3002\uff10\u3002\uff11/',
    'https://\u2460\u2461\u2466.0.0.1/',
    'https://127\u30020\u30020\u30021/',
    'https://127\uff0e0\uff0e0\uff0e1/',
    'https://127\uff611/',
    'https://\uff10x7f.1/',
    'https://\u{1d7cf}\u{1d7d0}\u{1d7d5}.0.0.1/',
  ],

  'an IPv6 address': hosts(`
    [::1]  [::1]:8443  [::]  [0:0:0:0:0:0:0:1]  [0000::0001]  [::ffff:127.0.0.1]
    [::ffff:7f00:1]  [0:0:0:0:0:FFFF:7F00:0001]  [::127.0.0.1]  [::ffff:169.254.169.254]
    [64:ff9b::127.0.0.1]  [64:ff9b::a9fe:a9fe]  [2002:7f00:1::]  [fe80::1]  [fc00::1]
    [fd00:ec2::254]  [ff02::1]  [2001:db8::1]  [2606:4700:4700::1111]  %5B::1%5D  [::%31]
  `),

  'a name on this machine': [
    ...hosts(`
      localhost  LOCALHOST  localhost.  localhost..  localhost:8443  a.localhost  a.b.localhost.
      l%6fcalhost  %6c%6f%63%61%6c%68%6f%73%74  localhost.localdomain  ip6-localhost
      foo.LocalHost
    `),
    'https://\uff4cocalhost/',
    'https://loc\u24d0lhost/',
    'https://\u{1d4c1}ocalhost/',
    'https://localhost\u3002/',
  ],

  'a single label': [
    ...hosts(`
      intranet  db  com  com.  metadata  kubernetes  host...
    `),
    'https://instance-data/latest/',
    'https://b\u00fccher/',
  ],

  'a name that is never public': [
    ...hosts(`
      printer.local  printer.LOCAL  printer.local.  printer.loc%61l  a.b.internal
      host.docker.internal  ip-10-0-0-1.ec2.internal  api.svc.cluster.local  a.localdomain
      nas.home.arpa  home.arpa  1.0.0.127.in-addr.arpa  a.ip6.arpa
      duckduckgogg42xjoc72x3sjasowoarfbgcmvfimaftt6twagswzczad.onion  a.test
      hooks.example.test:8443  a.invalid  wiki.corp  router.lan  a.intranet  a.INTRANET..
      api.default.svc  api.default.svc.  vault.service.consul  node1.node.dc1.consul  consul.service
      fritz.home  a.HOME  db.private  wiki.intra  a.b.alt  a.ALT.  mx.mail  pc.workgroup  a.domain
      vm1.openstacklocal  vm1.novalocal  web.docker  job.nomad  a.pod  ns.kube  a.cluster  c1.lxd  c1.incus
      a.dhcp  my.router  nas.server  pc.localnet  wpad.wpad  a.priv  a.loc  a.i2p  a.bit  vitalik.eth
      a.%61lt  a.s%76c  a.b.c.d.e.consul:8443  a.vagrant  a.vm  a.swarm  a.kubernetes
      localtest.me  a.localtest.me  lvh.me  A.LVH.ME.  vcap.me  app.lacolhost.com
    `),
    'https://a.\uff53\uff56\uff43/',
    'https://a.\u24d0lt/',
    'https://vault\u3002consul/',
    'https://wiki\uff0e\uff49ntra\uff61/',
    'https://x.\u{1d4c5}rivate/',
    'https://x.ho\u2133e/',
    'https://printer.\uff4cocal/',
    'https://printer\u3002local/',
  ],

  'a cloud service behind a public name': [
    ...hosts(`
      metadata.google.internal.  metadata.goog  METADATA.goog.  a.metadata.goog
      metadata.azure.internal  metadata.packet.net  metadata.platformequinix.com
      metadata.tencentyun.com  api.metadata.cloud.ibm.com  api.service.softlayer.com
      kubernetes.default.svc  instance-data.ec2.internal
    `),
    'https://metadata.google.internal/computeMetadata/v1/',
  ],

  'this service itself': [
    'https://webhooks.callingbox.example/',
    'https://webhooks.callingbox.example/v1/events',
    'https://webhooks.callingbox.example:443/',
    'https://webhooks.callingbox.example:8443/',
    'https://webhooks.callingbox.example./',
    'https://WebHooks.CallingBox.Example/',
    'https://webhooks.c%61llingbox.example/',
    'https://preview.webhooks.callingbox.example/',
    'https://backup.callingbox.example/',
  ],

  'no DNS name': [
    ...hosts(`
      a..example.com  .example.com  -a.example.com  a-.example.com  a*b.example.com
      *.example.com  a,b.example.com  a'b.example.com  (a).example.com  a;b.example.com
      a&b.example.com  a~b.example.com
    `),
    'https://a$b.example.com/',
    `https://${'a'.repeat(64)}.example.com/`,
    `https://${'a.'.repeat(125)}comm/`,
    `https://${'a.'.repeat(126)}com/`,
  ],

  'a port where no HTTPS is': [
    0, 1, 7, 21, 22, 23, 25, 53, 80, 110, 111, 143, 389, 442, 444, 445, 465, 514, 587, 853, 873,
    993, 995, 1023, 1433, 1521, 1883, 2049, 2181, 2375, 2379, 3306, 3389, 5060, 5432, 5672, 5900,
    5984, 6000, 6379, 6667, 8086, 9042, 9092, 9100, 9200, 9300, 11_211, 27_017, 27_020,
    // Containers, clusters and what finds its way in them.
    2376, 2377, 2380, 4194, 6443, 7946, 10_248, 10_249, 10_250, 10_255, 10_256, 10_257, 10_259,
    16_443, 4646, 8200, 8300, 8301, 8302, 8500, 8501, 8502, 8600, 9901, 15_000, 15_001, 15_021,
    9345,
    // Databases, caches, brokers, search.
    1434, 1522, 3050, 5433, 6432, 6380, 7000, 7001, 7199, 7474, 7687, 8123, 8983, 9000, 9160,
    11_207, 26_257, 26_379, 28_015, 33_060, 50_000, 4222, 4369, 5671, 6650, 8883, 15_672, 25_672,
    61_613, 61_616,
    // Debuggers, consoles, remote hands, files.
    1099, 5005, 8005, 8009, 9010, 9222, 9229, 9990, 2222, 2323, 5555, 5901, 5985, 5986, 2525, 3128,
    9050, 9051, 3260, 3690, 8332, 8545, 4045, 4190, 5061, 6566, 6679, 6697, 10_080, 1719, 1720,
    1723, 3659, 4505, 4506, 6123, 7077, 8020, 8088, 50_070, 6006, 9090, 9091, 24_224, 4848, 10_000,
    1080, 3268,
  ].map((port) => `https://hooks.example.com:${port}/`),
}

/** URLs whose host is one that people really send webhooks to; all are accepted. */
export const PUBLIC_TARGETS: readonly string[] = [
  'https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX',
  'https://hooks.slack.com/workflows/T00000000/A00000000/000000000000000000/XXXXXXXX',
  'https://discord.com/api/webhooks/000000000000000000/XXXXXXXX',
  'https://outlook.office.com/webhook/00000000-0000-0000-0000-000000000000',
  'https://contoso.webhook.office.com/webhookb2/0000@0000/IncomingWebhook/0000/0000',
  'https://prod-12.westus.logic.azure.com:443/workflows/0000/triggers/manual/paths/invoke?sp=%2F',
  'https://chat.googleapis.com/v1/spaces/AAAA/messages?key=XXXX&token=XXXX%3D',
  'https://hooks.zapier.com/hooks/catch/123456/abcdef/',
  'https://hook.eu1.make.com/abcdefghijklmnopqrstuvwxyz012345',
  'https://maker.ifttt.com/trigger/event/with/key/XXXX',
  'https://eo0000000000000.m.pipedream.net',
  'https://webhook.site/00000000-0000-0000-0000-000000000000',
  'https://acme.app.n8n.cloud/webhook/00000000-0000-0000-0000-000000000000',
  'https://events.pagerduty.com/integration/XXXX/enqueue',
  'https://events.eu.pagerduty.com/v2/enqueue',
  'https://api.opsgenie.com/v2/alerts',
  'https://alert.victorops.com/integrations/generic/20131114/alert/XXXX/team',
  'https://http-intake.logs.datadoghq.eu/api/v2/logs',
  'https://api.segment.io/v1/track',
  'https://api.hubapi.com/webhooks/v3/00000',
  'https://acme.my.salesforce-sites.com/services/apexrest/hook',
  'https://acme.zendesk.com/api/v2/webhooks',
  'https://acme.atlassian.net/rest/webhooks/1.0/webhook',
  'https://automation.atlassian.com/pro/hooks/XXXX',
  'https://api.github.com/repos/acme/app/dispatches',
  'https://gitlab.com/api/v4/projects/1/ref/main/trigger/pipeline?token=XXXX',
  'https://api.vercel.com/v1/integrations/deploy/prj_XXXX/XXXX',
  'https://api.netlify.com/build_hooks/000000000000000000000000',
  'https://api.render.com/deploy/srv-XXXX?key=XXXX',
  'https://acme.netlify.app/.netlify/functions/hook',
  'https://acme-git-main.vercel.app/api/hook',
  'https://acme.acme-team.workers.dev/hook',
  'https://acme.fly.dev/hook',
  'https://acme.onrender.com/hook',
  'https://acme-production.up.railway.app/hook',
  'https://acme-0123456789ab.herokuapp.com/hook',
  'https://us-central1-acme.cloudfunctions.net/hook',
  'https://acme-abcdefghij-ew.a.run.app/hook',
  'https://abcdefghij.execute-api.eu-central-1.amazonaws.com/prod/hook',
  'https://abcdefghijklmnopqrstuvwxyz012345.lambda-url.us-east-1.on.aws/',
  'https://acme.azurewebsites.net/api/hook?code=XXXX==',
  'https://abcdefghijklmnop.supabase.co/functions/v1/hook',
  'https://abcd-203-0-113-7.ngrok-free.app/hook',
  'https://acme.trycloudflare.com/hook',
  'https://acme.loca.lt/hook',
  'https://smee.io/abcdefghijklmnop',
  'https://api.svix.com/ingest/api/v1/source/src_XXXX/in/XXXX',
  'https://hkdk.events/abcdefghijklmnop',
  'https://api.telegram.org/bot000000:XXXX/sendMessage',
  'https://open.feishu.cn/open-apis/bot/v2/hook/XXXX',
]

/** One URL a host; hosts stand apart by white space. */
function hosts(text: string): string[] {
  return text
    .trim()
    .split(/\s+/)
    .map((host) => `https://${host}/`)
}
