// Creates a topic and produces each line of a file as a record.
//
// usage: kafkajs.js BOOTSTRAP TOPIC PARTITIONS REPLICAS ACKS INPUT

const fs = require('node:fs')
const { Kafka, Partitioners, logLevel } = require('kafkajs')

const [bootstrap, topic, partitions, replicas, acks, input] = process.argv.slice(2)
const linesPerSend = 5000

async function main() {
  const kafka = new Kafka({ brokers: bootstrap.split(','), logLevel: logLevel.ERROR })

  const admin = kafka.admin()
  await admin.connect()
  const topics = [{ topic, numPartitions: Number(partitions), replicationFactor: Number(replicas) }]
  if (!(await admin.createTopics({ topics, waitForLeaders: true }))) throw new Error(`${topic} was not created`)
  await admin.disconnect()

  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner, retry: { retries: 0 } })
  await producer.connect()
  const lines = fs.readFileSync(input, 'utf8').trimEnd().split('\n')
  for (let first = 0; first < lines.length; first += linesPerSend) {
    const messages = lines.slice(first, first + linesPerSend).map(value => ({ value }))
    await producer.send({ topic, messages, acks: acks === 'all' ? -1 : Number(acks) })
  }
  await producer.disconnect()
}

main().catch(error => {
  console.error(error)
  process.exit(1)
})
