// Ports where something else than an HTTPS server for everybody listens.

/** Below it only 443 may be a target's. */
const FIRST_UNPRIVILEGED_PORT = 1024

/**
 * From 1024 on, by what listens there: services that take commands in plain text, or that rule over
 * machines, containers and clusters. A request there is an attack, or a mistake.
 */
const OTHER_SERVICES = {
  /** fetch.spec.whatwg.org, "port blocking". */
  fetch:
    '1719 1720 1723 2049 3659 4045 4190 5060 5061 6000 6566 6665 6666 6667 6668 6669 6679 6697 10080',
  databases:
    '1433 1434 1521-1529 1830 1972 2483 2484 2638 3050 3306 4333 5432 5433 6432 7199 7474 7687 8086 8088 8123 8182 8529 ' +
    '9009 9042 9142 9160 9306 9308 19530 21050 21064 26257 27017-27020 28015 28017 29015 33060 50000',
  cachesAndSearch:
    '4730 5701 5984 6333 6334 6379 6380 6381 6382 7574 8091-8096 8098 8983 9200 9300 9600 10800 11207 11209-11215 11300 ' +
    '16379-16384 18091-18096 21201 26379 47100 47500',
  brokers:
    '1414 1883 2181 2888 3888 4150 4151 4160 4161 4222 4369 5555 5556 5671 5672 6222 6650 8161 8222 8883 9092-9098 ' +
    '15671 15672 15674 15675 25672 61613-61617',
  containersAndClusters:
    '2375-2380 4001 4194 4240 4243 6443 6783 6784 7946 8001 9099 9345 10248-10260 16443 25000',
  meshesAndDiscovery:
    '4140 4143 4191 4646-4648 8200 8201 8300-8302 8500-8503 8600 9901 9902 15000-15021 15053 15090 19000',
  hadoopAndCompute:
    '4040 4505 4506 5050 5051 6066 6123 7077 8019-8021 8030-8033 8040-8042 8265 8480 8485 9864-9870 10001 10020 16000 16010 ' +
    '16020 16030 18080 19888 50010 50020 50030 50060 50070 50075 50090 60000 60010 60020 60030',
  monitoring:
    '1936 2003 2004 2023 2024 3100 4317 4318 5601 5666 6514 6831 6832 8125 8126 8404 8649-8652 9090 9091 9100-9107 9411 ' +
    '10050 10051 14250 14268 16686 24224 25826',
  debuggersAndManagement:
    '1090 1098 1099 1128 1158 2345 2947 3300 3700 4447 4848 5005 5038 5500 5858 7001 7002 7676 8005 8009 8140 8686 8787 9000 9001 9010 ' +
    '9060 9222 9229 9990 9993 10000 50013',
  remoteAccess:
    '1194 1494 1604 1701 2222 2323 2598 3268 3269 3283 3389 4899 5631 5632 5800-5810 5900-5910 5938 5985 5986 6001-6010 ' +
    '6160 47001 51820',
  filesMailAndTalk:
    '1080 1081 1241 1352 1755 1812 1813 1900 1935 2000 2121 2525 3128 3260 3478 3479 3690 4662 5222 5223 5269 ' +
    '5280 5349 5351 5353 5355 5357 6660-6664 6789 7000 8118 8332 8333 8545 8546 8554 9050 9051 9150 9418 18332 20000 ' +
    '20048 24007 24008 30303 44818 47808',
}

const REFUSED: ReadonlySet<number> = new Set(Object.values(OTHER_SERVICES).flatMap(expand))

/** Whether a target may have a port, of those that URL() accepts. */
export function isHttpsPort(port: number): boolean {
  return port === 443 || (port >= FIRST_UNPRIVILEGED_PORT && !REFUSED.has(port))
}

/** The ports of a list with white space between, of which some are a range `first-last`. */
function expand(list: string): number[] {
  return list.split(' ').flatMap((entry) => {
    const [first = Number.NaN, last = first] = entry.split('-').map(Number)
    return Array.from({ length: last - first + 1 }, (_, place) => first + place)
  })
}
