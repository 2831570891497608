// Produces numbers one after the other, each until it is acknowledged, whatever happens to the leader.
//
// usage: kafkajs_failover.js BOOTSTRAP TOPIC COUNT

const { Kafka, Partitioners, logLevel } = require('kafkajs')

const [bootstrap, topic, count] = process.argv.slice(2)

async function main() {
  const kafka = new Kafka({ brokers: bootstrap.split(','), logLevel: logLevel.NOTHING })
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner })
  await producer.connect()
  for (let number = 0; number < Number(count); number++) {
    await producer.send({ topic, messages: [{ value: `${number}`, partition: 0 }], acks: -1 })
    await new Promise(resolve => setTimeout(resolve, 2))
  }
  await producer.disconnect()
}

main().catch(error => {
  console.error(error)
  process.exit(1)
})
