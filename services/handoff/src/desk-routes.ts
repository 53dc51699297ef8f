import { type Desk, listDesks as operation } from '@toritsugi/contracts'
import { type Http, serveOperation } from '@toritsugi/service-kit'

/** REST in: desks. */
export function deskRoutes(app: Http, deps: { listDesks(): Promise<Desk[]> }): void {
  serveOperation(app, operation, async () => ({ items: await deps.listDesks() }))
}
