import type { TokenRule } from '../../rule.ts';
import { named } from '../shape.ts';

const replace = 'make a new one: sessions and what it has encrypted or signed end with it';

/** Keys that an application signs and encrypts its own data with. */
export const frameworks: readonly TokenRule[] = [
  {
    id: 'laravel-app-key',
    title: 'the key of a Laravel application',
    source: 'https://laravel.com/docs/encryption#configuration',
    remedy: replace,
    keywords: ['app_key'],
    pattern:
      /APP_KEY["']?\s?[:=]\s?["']?(?<secret>base64:(?:[A-Za-z0-9+/]{43}=|[A-Za-z0-9+/]{22}==))(?![A-Za-z0-9+/=])/dg,
    shown: 7,
  },
  {
    id: 'rails-master-key',
    title: 'the master key of a Rails application',
    source: 'https://guides.rubyonrails.org/security.html#custom-credentials',
    remedy: 'make a new one, and replace every value in the credentials file that it opens',
    ...named(['rails_master_key'], '[0-9a-f]{32}'),
  },
  {
    id: 'secret-key-base',
    title: 'the secret key base of a Rails or Phoenix application',
    source: 'https://guides.rubyonrails.org/security.html#environmental-security',
    remedy: replace,
    ...named(['secret_key_base'], '(?:[0-9a-f]{128}|[A-Za-z0-9+/]{64})'),
  },
  {
    id: 'django-secret-key',
    title: 'the secret key of a Django application',
    source: 'https://docs.djangoproject.com/en/stable/ref/settings/#secret-key',
    remedy: replace,
    keywords: ['secret_key'],
    pattern:
      /SECRET_KEY["']?\]?\s{0,4}[:=,]\s{0,4}["'](?<secret>(?:django-insecure-)?[a-z0-9!@#$%^&*(\-_=+)]{50})["']/dg,
    random: true,
  },
  {
    id: 'wordpress-salt',
    title: 'a key or salt of a WordPress site',
    source:
      'https://developer.wordpress.org/advanced-administration/wordpress/wp-config/#security-keys',
    remedy: 'make new ones at api.wordpress.org/secret-key/1.1/salt; everybody signs in anew',
    keywords: [
      'auth_key',
      'logged_in_key',
      'nonce_key',
      'auth_salt',
      'logged_in_salt',
      'nonce_salt',
    ],
    pattern:
      /define\(\s?["'](?:(?:SECURE_)?AUTH|LOGGED_IN|NONCE)_(?:KEY|SALT)["'],\s{1,10}["'](?<secret>[^"'\n]{64})["']/dg,
  },
  {
    id: 'authjs-secret',
    title: 'the secret of Auth.js',
    source: 'https://authjs.dev/getting-started/deployment#auth_secret',
    remedy: replace,
    ...named(['nextauth_secret', 'auth_secret'], '[A-Za-z0-9+/]{43}='),
  },
];
