export { startNats, startPostgres } from '@toritsugi/embedded-servers'
