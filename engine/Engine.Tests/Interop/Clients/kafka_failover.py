"""Produces numbers one after the other, each until it is acknowledged, whatever happens to the leader.

usage: kafka_failover.py BOOTSTRAP TOPIC COUNT GO

Half way it waits until there is a file GO: whoever makes it knows that half of the numbers are still to come.
"""

import os
import sys
import time

from kafka import KafkaProducer

bootstrap, topic, count, go = sys.argv[1:]
producer = KafkaProducer(bootstrap_servers=bootstrap.split(","), acks="all", retries=1000, max_in_flight_requests_per_connection=1)
for number in range(int(count)):
    while number == int(count) // 2 and not os.path.exists(go):
        time.sleep(0.01)
    producer.send(topic, b"%d" % number, partition=0).get(timeout=60)
producer.close()
