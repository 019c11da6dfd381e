// The admin API by a client whose types were generated of its document.

import createClient from 'openapi-fetch'
import type { paths } from './schema.js'

declare const process: { env: Record<string, string> }

const client = createClient<paths>({
  baseUrl: process.env.API,
  headers: { Authorization: `Bearer ${process.env.TOKEN}` },
})

function check(name: string, holds: boolean) {
  console.log(`${holds ? 'ok' : 'not ok'} - ${name}`)
}

const { data: page } = await client.GET('/realms/{realm}/apps', {
  params: { path: { realm: 'standard' }, query: { limit: 3 } },
})
check('TypeScript: a page of apps', page?.items.length === 3 && page.next !== null)

const { data: app } = await client.GET('/realms/{realm}/apps/{app}', {
  params: { path: { realm: 'standard', app: 'demo-web' } },
})
check('TypeScript: an app', app?.name === 'Notes on the Web' && app.status === 'active')

const refused = await client.PATCH('/realms/{realm}/apps/{app}', {
  params: { path: { realm: 'standard', app: 'demo-web' }, header: { 'If-Match': '*' } },
  body: { name: 'Mine' },
})
check('TypeScript: a problem', refused.error?.status === 403 && refused.error.title.length > 0)
