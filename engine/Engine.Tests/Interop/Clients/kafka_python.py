"""Creates a topic, produces each line of a file as a record, and writes what it reads back as "partition<TAB>record" lines.

usage: kafka_python.py BOOTSTRAP TOPIC PARTITIONS REPLICAS ACKS INPUT OUTPUT [CAFILE]

With a CAFILE over TLS, to brokers for which it vouches.
"""

import sys

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import KafkaAdminClient, NewTopic

bootstrap, topic, partitions, replicas, acks, source, target = sys.argv[1:8]
cluster = {"bootstrap_servers": bootstrap.split(",")}
if len(sys.argv) > 8:
    cluster |= {"security_protocol": "SSL", "ssl_cafile": sys.argv[8]}

admin = KafkaAdminClient(**cluster)
admin.create_topics([NewTopic(topic, int(partitions), int(replicas))])
admin.close()

producer = KafkaProducer(**cluster, acks="all" if acks == "all" else int(acks), retries=0, linger_ms=5)
with open(source, "rb") as lines:
    sent = [producer.send(topic, line.rstrip(b"\n")) for line in lines]
for answer in sent:
    answer.get(timeout=30)
producer.close()

consumer = KafkaConsumer(**cluster, enable_auto_commit=False)
assigned = [TopicPartition(topic, partition) for partition in sorted(consumer.partitions_for_topic(topic))]
consumer.assign(assigned)
consumer.seek_to_beginning()
ends = consumer.end_offsets(assigned)
with open(target, "wb") as output:
    while any(consumer.position(partition) < end for partition, end in ends.items()):
        for records in consumer.poll(timeout_ms=1000).values():
            output.writelines(b"%d\t%s\n" % (record.partition, record.value) for record in records)
consumer.close()
