// Produces numbers one after the other, each until it is acknowledged, whatever happens to the leader.
//
// usage: kafkajs_failover.js BOOTSTRAP TOPIC COUNT GO
//
// Half way it waits until there is a file GO: whoever makes it knows that half of the numbers are still to come.

const fs = require('fs')
const { Kafka, Partitioners, logLevel } = require('kafkajs')

const [bootstrap, topic, count, go] = process.argv.slice(2)

async function main() {
  const kafka = new Kafka({ brokers: bootstrap.split(','), logLevel: logLevel.NOTHING })
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner })
  await producer.connect()
  for (let number = 0; number < Number(count); number++) {
    while (number === Math.floor(Number(count) / 2) && !fs.existsSync(go)) await new Promise(resolve => setTimeout(resolve, 10))
    await producer.send({ topic, messages: [{ value: `${number}`, partition: 0 }], acks: -1 })
  }
  await producer.disconnect()
}

main().catch(error => {
  console.error(error)
  process.exit(1)
})
