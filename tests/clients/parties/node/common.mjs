// A browser without scripts, and a line for each thing that was tried.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'

export const { ISSUER, APP } = process.env
export const user = { username: 'ada', password: 'ada-of-the-parties' }
export const secret = (client) => `${client}-secret-of-the-parties`

export async function story(name, work) {
  try {
    await work()
    console.log(`ok - ${name}`)
  } catch (error) {
    process.exitCode = 1
    console.log(`not ok - ${name}: ${(error.stack ?? `${error}`).split('\n').slice(0, 4).join(' | ')}`)
  }
}

const entities = { amp: '&', lt: '<', gt: '>', quot: '"', '#x27': "'", '#39': "'", '#x2f': '/' }
const plain = (text) => text.replace(/&(#?\w+);/g, (all, name) => entities[name] ?? all)

/** Cookies (of localhost, whatever the port), redirects, the login and the consent form of the issuer; the app's answer. */
export class Browser {
  jar = new Map()

  async visit(url, body) {
    const headers = { cookie: [...this.jar].map((pair) => pair.join('=')).join('; ') }
    if (body) headers.origin = new URL(url).origin
    const answer = await fetch(url, { method: body ? 'POST' : 'GET', body, headers, redirect: 'manual' })
    for (const line of answer.headers.getSetCookie()) {
      const [name, ...value] = line.split(';')[0].split('=')
      if (/expires=Thu, 01 Jan 1970|max-age=0/i.test(line)) this.jar.delete(name)
      else this.jar.set(name, value.join('='))
    }
    return answer
  }

  /** `isApp`: the address is the app's, which is asked in another way. */
  async signIn(start, isApp = () => false) {
    let url = start
    let answer = await this.visit(url)
    for (let page = 0; page < 20; page++) {
      const location = answer.headers.get('location')
      if (location) {
        url = new URL(location, url).href
        if (isApp(url)) return url
        answer = await this.visit(url)
        continue
      }
      if (!url.startsWith(ISSUER)) return answer
      const html = await answer.text()
      const forms = [...html.matchAll(/<form\b[^>]*action="([^"]*)"[^>]*>(.*?)<\/form>/gs)]
      const form = forms.find(([, , inside]) => /name="(password|decision)"/.test(inside))
      assert(form, `neither login nor consent (${answer.status}): ${html.replace(/<[^>]*>/g, ' ').slice(0, 400)}`)
      const fields = new URLSearchParams()
      for (const [, name, value] of form[2].matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)) {
        fields.append(name, plain(value))
      }
      if (form[2].includes('name="password"')) {
        fields.append('username', user.username)
        fields.append('password', user.password)
      } else fields.append('decision', 'allow')
      url = new URL(plain(form[1]), url).href
      answer = await this.visit(url, fields)
    }
    throw new Error('the pages do not end')
  }
}

/** An app at its port while `work` is done. */
export async function served(app, work) {
  // Each app has the same port in its turn: no connection outlives its app.
  const server = createServer((req, res) => app(req, res.setHeader('connection', 'close')))
  server.listen(new URL(APP).port, '127.0.0.1')
  await new Promise((ready, failed) => server.on('listening', ready).on('error', failed))
  try {
    await work()
  } finally {
    server.closeAllConnections()
    await new Promise((closed) => server.close(closed))
  }
}
