/** Which methods an address takes: to tell "nothing here" from "not with this method". */
export type RouteList = {
  add(method: string | readonly string[], pattern: string): void
  methodsAt(address: string): string[]
}

export function createRouteList(): RouteList {
  const routes: { shape: RegExp; method: string }[] = []
  return {
    add(method, pattern) {
      const shape = new RegExp(
        `^${pattern
          .replace(/[.+?^${}()|[\]\\]/g, '\\$&')
          .replace(/:[A-Za-z_][A-Za-z0-9_]*/g, '[^/]+')
          .replaceAll('*', '.*')}/?$`,
      )
      for (const name of typeof method === 'string' ? [method] : method) routes.push({ shape, method: name })
    },
    methodsAt(address) {
      const path = address.split('?', 1)[0] ?? ''
      return [...new Set(routes.filter(({ shape }) => shape.test(path)).map(({ method }) => method))].sort()
    },
  }
}
