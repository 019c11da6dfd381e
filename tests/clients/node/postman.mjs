// Runs a Postman collection through newman, with the demo's addresses and the service user filled in.
import { readFileSync } from 'node:fs'
import newman from 'newman'

const realm = JSON.parse(readFileSync(process.env.CLAVIGER_MANIFEST, 'utf8')).realms.blastiq
const user = realm.users.find((one) => one.service)
const values = {
  issuer: realm.issuer,
  username: user.username,
  password: user.password,
  site_data: realm.apis[0].url.replace('{site}', user.organisations[0]),
}

newman.run(
  {
    collection: JSON.parse(readFileSync(process.argv[2], 'utf8')),
    envVar: Object.entries(values).map(([key, value]) => ({ key, value })),
    timeoutRequest: 20000,
  },
  (error, summary) => {
    if (error) throw error
    let failed = false
    for (const { item, requestError, assertions = [] } of summary.run.executions) {
      const problems = assertions.filter((one) => one.error).map((one) => `${one.assertion}: ${one.error.message}`)
      if (requestError) problems.push(requestError.message)
      if (!assertions.length) problems.push('nothing was checked')
      failed ||= problems.length > 0
      console.log(problems.length ? `not ok - ${item.name}: ${problems.join('; ')}` : `ok - ${item.name}`)
    }
    process.exit(failed ? 1 : 0)
  },
)
