"""Produces numbers one after the other, each until it is acknowledged, whatever happens to the leader.

usage: kafka_failover.py BOOTSTRAP TOPIC COUNT
"""

import sys
import time

from kafka import KafkaProducer

bootstrap, topic, count = sys.argv[1:]
producer = KafkaProducer(bootstrap_servers=bootstrap.split(","), acks="all", retries=1000, max_in_flight_requests_per_connection=1)
for number in range(int(count)):
    producer.send(topic, b"%d" % number, partition=0).get(timeout=60)
    time.sleep(0.002)
producer.close()
